// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The certificate of the server: given by the owner, or made here.
#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::serve {

struct CertificateFiles {
    std::filesystem::path certificate;  ///< PEM, may hold a chain
    std::filesystem::path key;          ///< PEM
};

/// keys/serve.crt and keys/serve.key: made (ECDSA P-256, 825 days, subjectAltName = `names`) if
/// they are missing, end within 30 days, or lack one of `names`. A name that is an IP address
/// becomes an IP entry.
[[nodiscard]] Result<CertificateFiles> own_certificate(const std::filesystem::path& keys_dir,
                                                       const std::vector<std::string>& names);

/// "AB:CD:…": SHA-256 over the DER form, as browsers show it.
[[nodiscard]] Result<std::string> fingerprint(const std::filesystem::path& certificate);

}  // namespace attune::serve
