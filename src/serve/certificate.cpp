// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/certificate.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/folders.hpp"
#include "core/paths.hpp"

namespace attune::serve {
namespace fs = std::filesystem;
namespace {

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T* p) const {
        Free(p);
    }
};
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

constexpr long kDaySeconds = 86400;

tl::unexpected<Error> openssl_failed(const char* what) {
    return fail(ErrorCode::kInternal, std::string("OpenSSL could not ") + what,
                "serve/certificate");
}

bool is_address(const std::string& name) {
    std::array<unsigned char, 16> bytes{};
    return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

Result<X509Ptr> read_certificate(const fs::path& file) {
    ATTUNE_TRY(const std::string pem, core::read_file(file, 1U << 20));
    const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) return fail(ErrorCode::kCorrupt, "the file holds no PEM certificate", file);
    return certificate;
}

bool still_good(const fs::path& file, const std::vector<std::string>& names) {
    const auto certificate = read_certificate(file);
    if (!certificate) return false;
    int days = 0, seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate->get())) != 1 ||
        days < 30) {
        return false;
    }
    for (const std::string& name : names) {
        const int found = is_address(name) ? X509_check_ip_asc(certificate->get(), name.c_str(), 0)
                                           : X509_check_host(certificate->get(), name.c_str(),
                                                             name.size(), 0, nullptr);
        if (found != 1) return false;
    }
    return true;
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string bio_text(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

Result<void> make(const CertificateFiles& files, const std::vector<std::string>& names) {
    const KeyPtr key(EVP_EC_gen("P-256"));
    const X509Ptr certificate(X509_new());
    if (!key || !certificate) return openssl_failed("make a key");
    X509_set_version(certificate.get(), 2);
    std::array<unsigned char, 16> serial{};
    if (RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1)
        return openssl_failed("draw a serial");
    serial[0] &= 0x7F;
    BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
    BN_free(number);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDaySeconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 825 * kDaySeconds);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("Attune (self-made)"), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), subject);
    std::string alternatives;
    for (const std::string& name : names) {
        alternatives += (alternatives.empty() ? "" : ",") +
                        std::string(is_address(name) ? "IP:" : "DNS:") + name;
    }
    if (!add_extension(certificate.get(), NID_subject_alt_name, alternatives) ||
        !add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(certificate.get(), NID_ext_key_usage, "serverAuth") ||
        X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) {
        return openssl_failed("sign the certificate");
    }
    const BioPtr certificate_pem(BIO_new(BIO_s_mem()));
    const BioPtr key_pem(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_X509(certificate_pem.get(), certificate.get()) != 1 ||
        PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
            1) {
        return openssl_failed("write the certificate");
    }
    const mode_t before = ::umask(0077);
    auto written = core::write_file_atomically(files.key, bio_text(key_pem.get()));
    ::umask(before);
    ATTUNE_CHECK(std::move(written));
    ::chmod(files.key.c_str(), 0600);
    return core::write_file_atomically(files.certificate, bio_text(certificate_pem.get()));
}

}  // namespace

Result<CertificateFiles> own_certificate(const fs::path& keys_dir,
                                         const std::vector<std::string>& names) {
    const CertificateFiles files{keys_dir / "serve.crt", keys_dir / "serve.key"};
    std::error_code ec;
    if (fs::exists(files.key, ec) && still_good(files.certificate, names)) return files;
    ATTUNE_CHECK(core::make_folder(keys_dir));
    fs::permissions(keys_dir, fs::perms::owner_all, ec);
    ATTUNE_CHECK(make(files, names));
    return files;
}

Result<std::string> fingerprint(const fs::path& certificate) {
    ATTUNE_TRY(const X509Ptr x509, read_certificate(certificate));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (X509_digest(x509.get(), EVP_sha256(), digest.data(), &size) != 1)
        return openssl_failed("hash the certificate");
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        char pair[4];
        std::snprintf(pair, sizeof pair, "%s%02X", i == 0 ? "" : ":",
                      static_cast<unsigned>(digest[i]));
        text += pair;
    }
    return text;
}

}  // namespace attune::serve
