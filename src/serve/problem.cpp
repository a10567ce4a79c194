// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/problem.hpp"

#include <nlohmann/json.hpp>

#include "core/log.hpp"

namespace attune::serve {

int http_status(ErrorCode code) noexcept {
    switch (code) {
    case ErrorCode::kBadArgument: return 400;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kUnsupported: return 422;
    case ErrorCode::kCorrupt: return 422;
    case ErrorCode::kIo: return 500;
    case ErrorCode::kDiskFull: return 507;
    case ErrorCode::kBusy: return 409;
    case ErrorCode::kVersion: return 409;
    case ErrorCode::kRefused: return 403;
    case ErrorCode::kCancelled: return 409;
    case ErrorCode::kTimeout: return 504;
    case ErrorCode::kInternal: return 500;
    }
    return 500;
}

std::string_view status_text(int status) noexcept {
    switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 507: return "Insufficient Storage";
    default: return "";
    }
}

Response problem(int status, std::string_view code, std::string_view detail) {
    const nlohmann::json body = {{"type", "urn:attune:error:" + std::string(code)},
                                 {"title", status_text(status)},
                                 {"status", status},
                                 {"code", code},
                                 {"detail", detail}};
    return Response::text(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                          "application/problem+json", status);
}

Response problem(const Error& error) {
    core::log(core::LogLevel::kDebug, "serve", error.describe());
    return problem(http_status(error.code), to_string(error.code), error.message);
}

}  // namespace attune::serve
