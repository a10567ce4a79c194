// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/target.hpp"

#include "core/text.hpp"

namespace attune::serve {
namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_control(char c) noexcept {
    const auto u = static_cast<unsigned char>(c);
    return u < 0x20 || u == 0x7F;
}

tl::unexpected<Error> bad(std::string message) {
    return fail(ErrorCode::kBadArgument, std::move(message), "request target");
}

Result<void> check_text(std::string_view text, bool in_path) {
    for (const char c : text) {
        if (is_control(c)) return bad("a control character is not allowed in an address");
        if (in_path && c == '\\') return bad("a backslash is not allowed in a path");
    }
    if (!core::is_utf8(text)) return bad("an address must be UTF-8");
    return {};
}

Result<std::string> parse_path(std::string_view raw) {
    if (raw.empty() || raw.front() != '/') return bad("a path must begin with '/'");
    std::string path;
    std::size_t at = 1;
    while (at <= raw.size()) {
        const std::size_t end = std::min(raw.find('/', at), raw.size());
        ATTUNE_TRY(const std::string segment, percent_decode(raw.substr(at, end - at), false));
        const bool last = end == raw.size();
        if (segment.empty() && !last) return bad("an empty segment is not allowed in a path");
        if (segment == "." || segment == "..") return bad("'.' and '..' are not allowed in a path");
        if (segment.find('/') != std::string::npos)
            return bad("an encoded '/' is not allowed in a path");
        path += '/';
        path += segment;
        at = end + 1;
    }
    ATTUNE_CHECK(check_text(path, true));
    return path;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) return bad("'%' must be followed by two hex digits");
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

Result<Target> parse_target(std::string_view target) {
    if (target.size() > kMaxTargetBytes) {
        return bad("the address has " + std::to_string(target.size()) + " bytes; at most " +
                   std::to_string(kMaxTargetBytes) + " are read");
    }
    if (target.find('#') != std::string_view::npos) return bad("'#' is not allowed in an address");
    const std::size_t mark = target.find('?');
    Target out;
    ATTUNE_TRY(out.path, parse_path(target.substr(0, mark)));
    if (mark == std::string_view::npos) return out;

    std::size_t pairs = 0;
    for (const std::string_view pair : core::split(target.substr(mark + 1), '&')) {
        if (pair.empty()) continue;
        if (++pairs > kMaxQueryPairs) return bad("more than 64 query parameters");
        const std::size_t equals = pair.find('=');
        ATTUNE_TRY(const std::string name, percent_decode(pair.substr(0, equals), true));
        std::string value;
        if (equals != std::string_view::npos) {
            ATTUNE_TRY(value, percent_decode(pair.substr(equals + 1), true));
        }
        ATTUNE_CHECK(check_text(name, false));
        ATTUNE_CHECK(check_text(value, false));
        out.query.emplace(name, std::move(value));
    }
    return out;
}

}  // namespace attune::serve
