// SPDX-License-Identifier: GPL-3.0-or-later
// The three parsers of a WFDB record; the first byte chooses.
#include <cstdint>
#include <span>
#include <string_view>

#include "learn/wfdb.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune::learn;
    if (size < 1) return 0;
    const std::span<const std::uint8_t> rest(data + 1, size - 1);
    switch (data[0] % 3) {
        case 0: (void)parse_wfdb_header({reinterpret_cast<const char*>(rest.data()), rest.size()}); break;
        case 1: (void)parse_wfdb_annotations(rest); break;
        default: {
            WfdbHeader header;
            header.n_samples = data[0] / 3;
            for (int i = 0; i <= data[0] % 2; ++i) header.signals.push_back({"x.dat", data[0] % 2 == 0 ? 212 : 16, 200.0, 0, ""});
            (void)decode_wfdb_signal(rest, header, 0);
        }
    }
    return 0;
}
