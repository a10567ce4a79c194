// SPDX-License-Identifier: GPL-3.0-or-later
// The texts that come with models and data of others: ARFF, model card, result file, a network's labels. The first
// byte chooses.
#include <cstdint>
#include <string>

#include "learn/arff.hpp"
#include "learn/evaluation.hpp"
#include "learn/face_classifier.hpp"
#include "learn/model_card.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune::learn;
    if (size < 1) return 0;
    const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 4) {
        case 0: {
            const auto table = parse_arff(text);
            if (table && !parse_arff(to_arff(*table))) __builtin_trap();  // what we write we read
            break;
        }
        case 1: (void)card_from_json(text); break;
        case 2: (void)evaluation_from_json(text); break;
        default: (void)face_label_order(text);
    }
    return 0;
}
