// SPDX-License-Identifier: GPL-3.0-or-later
// A body that is accepted can be asked for anything and prints as JSON that is accepted again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/json_body.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using attune::serve::JsonBody;
    const auto body = JsonBody::parse({reinterpret_cast<const char*>(data), size});
    if (!body) return 0;
    for (const char* name : {"goal", "minutes", "person", "from", "sense"}) {
        static_cast<void>(body->number(name, -1, 1));
        static_cast<void>(body->integer(name, 0, 100));
        static_cast<void>(body->text(name, 20));
        static_cast<void>(body->texts(name, 4, 20));
        static_cast<void>(body->one_of(name, {"calm", "lift"}));
        static_cast<void>(body->object(name));
        static_cast<void>(body->boolean_or(name, false));
    }
    if (!JsonBody::parse(attune::serve::to_text(body->raw()))) std::abort();
    return 0;
}
