// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Expected failures as values: a sensor is gone, the disk is full, a request is bad.
///
/// Result<T> holds a T or an Error. An Error says what happened (`code`, for programs), tells a
/// person what to do about it (`message`: value, allowed range), and where (`context`: file:line,
/// stream id, row). Exceptions of libraries stop at the room that called them.
///
///     Result<Wave> read(const Path& p) {
///         ATTUNE_TRY(auto bytes, slurp(p));     // returns the error of slurp, or declares bytes
///         ATTUNE_CHECK(verify(bytes));          // for Result<void>
///         ...
///         return fail(ErrorCode::kCorrupt, "header says 0 channels; 1..8 are read", p);
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace attune {

/// The one table of error codes. serve maps each to an HTTP status, app to an exit status.
enum class ErrorCode {
    kBadArgument,   ///< a value is out of range or malformed; message names value and range
    kNotFound,      ///< no such file, track, session, person, route
    kUnavailable,   ///< a part is missing (model, device, soundfont); says how to get it
    kUnsupported,   ///< understood, but not something that we do
    kCorrupt,       ///< bytes that break their format
    kIo,            ///< read or write failed
    kDiskFull,      ///< no space left, or a size limit was reached
    kBusy,          ///< locked by another, or already running
    kVersion,       ///< written by a newer Attune
    kRefused,       ///< policy, consent, licence or authority forbids it
    kCancelled,     ///< a person asked for it to end
    kTimeout,       ///< did not finish in its time
    kInternal,      ///< a bug that was survived; please report
};

/// Stable snake_case name of a code, e.g. "bad_argument". Never null.
[[nodiscard]] const char* to_string(ErrorCode code) noexcept;

struct Error {
    ErrorCode code = ErrorCode::kInternal;
    std::string message;  ///< one sentence: what, which value, what would be allowed
    std::string context;  ///< where: file:line, stream id, table row; may be empty

    /// "message (context)", for a terminal.
    [[nodiscard]] std::string describe() const;
};

template <typename T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message,
                                                std::string context = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(context)});
}

/// The same error seen from one level further out: `where` is put before its context.
[[nodiscard]] tl::unexpected<Error> fail_in(Error error, std::string_view where);

}  // namespace attune

#define ATTUNE_CONCAT_(a, b) a##b
#define ATTUNE_CONCAT(a, b) ATTUNE_CONCAT_(a, b)
#define ATTUNE_TRY_(tmp, declaration, expression)                      \
    auto tmp = (expression);                                           \
    if (!tmp) return ::tl::unexpected<::attune::Error>(std::move(tmp).error()); \
    declaration = *std::move(tmp)
#define ATTUNE_TRY(declaration, expression) \
    ATTUNE_TRY_(ATTUNE_CONCAT(attune_try_, __LINE__), declaration, expression)
#define ATTUNE_CHECK(expression)                                                             \
    do {                                                                                     \
        if (auto attune_check_ = (expression); !attune_check_)                               \
            return ::tl::unexpected<::attune::Error>(std::move(attune_check_).error());      \
    } while (false)
