// SPDX-License-Identifier: GPL-3.0-or-later
// The composer's own model files: the hidden Markov model and the filter of runs. What is read must compose.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "compose/copy_guard.hpp"
#include "compose/hmm_engine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace compose = attune::compose;
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    if (const auto guard = compose::CopyGuard::parse(bytes)) {
        if (guard->to_bytes() != bytes) std::abort();
        static_cast<void>(guard->knows({0x1234567890ABCDEFULL, false}));
    }
    if (auto model = compose::Hmm::from_json(bytes)) {
        compose::HmmEngine engine(*std::move(model));
        compose::PhraseRequest request;
        const auto phrase = engine.compose(request, {});
        if (!phrase || phrase->chords.empty()) std::abort();
        for (const auto& note : phrase->melody)
            if (note.length <= 0 || note.pitch < 0 || note.pitch > 127) std::abort();
    }
    return 0;
}
