// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/site.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "serve/problem.hpp"

namespace attune::serve {
namespace {
namespace fs = std::filesystem;

class SiteTest : public testing::Test {
protected:
    SiteTest() {
        folder_ = fs::temp_directory_path() / ("attune-site-" + std::to_string(::getpid()) + "-" +
                                               testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::create_directories(folder_ / "dist/assets");
        std::ofstream(folder_ / "dist/index.html") << "<html>app</html>";
        std::ofstream(folder_ / "dist/assets/app-1a2b.js") << "let a";
        std::ofstream(folder_ / "secret.txt") << "secret";
        fs::create_symlink(folder_ / "secret.txt", folder_ / "dist/link.txt");
    }
    ~SiteTest() override { fs::remove_all(folder_); }

    SiteConfig config(bool need_login) const {
        SiteConfig c;
        c.need_login = need_login;
        c.door.loopback_only = !need_login;
        c.door.tls = need_login;
        c.door.port = 8340;
        c.pages = folder_ / "dist";
        c.keys_dir = folder_ / "keys";
        c.version = "test";
        return c;
    }
    static Request request(Method method, std::string path, std::string body = {}) {
        Request r;
        r.method = method;
        r.path = std::move(path);
        r.headers = {{"host", "localhost:8340"}};
        if (!body.empty()) r.headers.emplace_back("content-type", "application/json");
        r.body = std::move(body);
        r.remote = "192.0.2.1";
        return r;
    }
    static std::string header(const Response& r, std::string_view name) {
        for (const auto& [n, v] : r.headers) {
            if (n == name) return v;
        }
        return {};
    }
    fs::path folder_;
};

TEST_F(SiteTest, ServesTheAppForEveryPageAddress) {
    MainSite site(config(false));
    for (const char* path : {"/", "/live", "/library/abc"}) {
        const Response r = site.respond(request(Method::kGet, path));
        EXPECT_EQ(r.status, 200) << path;
        EXPECT_EQ(*r.body, "<html>app</html>");
        EXPECT_NE(header(r, "Content-Security-Policy").find("script-src 'self' 'wasm-unsafe-eval'"),
                  std::string::npos);
        EXPECT_EQ(header(r, "Content-Security-Policy").find("unsafe-inline"), std::string::npos);
        EXPECT_EQ(header(r, "Cross-Origin-Opener-Policy"), "same-origin");
        EXPECT_EQ(header(r, "Cross-Origin-Embedder-Policy"), "require-corp");
    }
}

TEST_F(SiteTest, NeverServesWhatLiesOutsideTheFolder) {
    MainSite site(config(false));
    EXPECT_EQ(site.respond(request(Method::kGet, "/link.txt")).status, 404) << "links are not followed";
    EXPECT_EQ(site.respond(request(Method::kGet, "/secret.txt")).status, 404);
}

TEST_F(SiteTest, KeepsHashedFilesForAYearAndAsksForTheOthers) {
    MainSite site(config(false));
    Request r = request(Method::kGet, "/assets/app-1a2b.js");
    const Response first = site.respond(r);
    EXPECT_NE(header(first, "Cache-Control").find("immutable"), std::string::npos);
    r.headers.emplace_back("if-none-match", header(first, "ETag"));
    EXPECT_EQ(site.respond(r).status, 304);
}

TEST_F(SiteTest, AnswersErrorsAsProblems) {
    MainSite site(config(false));
    const Response missing = site.respond(request(Method::kGet, "/api/v1/nothing"));
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.content_type, "application/problem+json");
    EXPECT_EQ(nlohmann::json::parse(*missing.body)["code"], "not_found");
    const Response method = site.respond(request(Method::kDelete, "/api/v1/health"));
    EXPECT_EQ(method.status, 405);
    EXPECT_EQ(header(method, "Allow"), "GET, HEAD");
}

TEST_F(SiteTest, RefusesOtherSitesAndRebinding) {
    MainSite site(config(false));
    const auto with = [](Request r, const char* name, const char* value) {
        std::erase_if(r.headers, [&](const auto& h) { return h.first == name; });
        r.headers.emplace_back(name, value);
        return r;
    };
    const Request login = request(Method::kPost, "/api/v1/logout");
    EXPECT_EQ(site.respond(login).status, 204);
    EXPECT_EQ(site.respond(with(login, "origin", "http://localhost:8340")).status, 204);
    for (const char* origin : {"http://evil.example", "null", "https://localhost:8340", "http://localhost:8341"}) {
        EXPECT_EQ(site.respond(with(login, "origin", origin)).status, 403) << origin;
    }
    EXPECT_EQ(site.respond(with(login, "sec-fetch-site", "cross-site")).status, 403);
    EXPECT_EQ(site.respond(with(login, "sec-fetch-site", "same-site")).status, 403);
    EXPECT_EQ(site.respond(with(request(Method::kGet, "/"), "host", "attacker.example:8340")).status, 421);
    Request upgrade = with(request(Method::kGet, "/api/v1/sessions/x/live"), "origin", "http://evil.example");
    EXPECT_EQ(site.connect(upgrade).error().status, 403);
}

TEST_F(SiteTest, ReadsOnlyBodiesThatABrowserMustAskToSend) {
    MainSite site(config(false));
    Request r = request(Method::kPost, "/api/v1/login", R"({"password":"x"})");
    for (auto& [name, value] : r.headers) {
        if (name == "content-type") value = "text/plain";
    }
    EXPECT_EQ(site.respond(r).status, 415);
}

TEST_F(SiteTest, AsksForThePasswordOnOtherAddresses) {
    MainSite site(config(true));
    site.router().add(Method::kGet, "/api/v1/private",
                      [](const Request& r, const PathArgs&) { return Response::json("\"" + r.account + "\""); });
    EXPECT_FALSE(site.auth().password_set());
    EXPECT_FALSE(site.auth().set_password("short"));
    ASSERT_TRUE(site.auth().set_password("a good long password"));
    EXPECT_EQ(fs::status(folder_ / "keys/owner.argon2id").permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(site.respond(request(Method::kGet, "/api/v1/private")).status, 401);
    EXPECT_EQ(site.respond(request(Method::kGet, "/api/v1/not-there")).status, 401) << "no map for strangers";
    EXPECT_EQ(site.respond(request(Method::kGet, "/api/v1/health")).status, 200);
    EXPECT_EQ(site.respond(request(Method::kPost, "/api/v1/login", R"({"password":"wrong password"})")).status, 403);

    const Response in = site.respond(request(Method::kPost, "/api/v1/login", R"({"password":"a good long password"})"));
    ASSERT_EQ(in.status, 200);
    const std::string set = header(in, "Set-Cookie");
    for (const char* part : {"__Host-attune=", "HttpOnly", "SameSite=Strict", "Secure", "Path=/"}) {
        EXPECT_NE(set.find(part), std::string::npos) << part;
    }
    const std::string cookie = set.substr(0, set.find(';'));
    Request authorised = request(Method::kGet, "/api/v1/private");
    authorised.headers.emplace_back("cookie", "other=1; " + cookie);
    EXPECT_EQ(*site.respond(authorised).body, "\"owner\"");

    MainSite restarted(config(true));
    restarted.router().add(Method::kGet, "/api/v1/private",
                           [](const Request&, const PathArgs&) { return Response::json("1"); });
    EXPECT_EQ(restarted.respond(authorised).status, 200) << "a restart does not throw people out";
    Request out = request(Method::kPost, "/api/v1/logout");
    out.headers.emplace_back("cookie", cookie);
    EXPECT_EQ(site.respond(out).status, 204);
    EXPECT_EQ(site.respond(authorised).status, 401);
}

TEST_F(SiteTest, SlowsDownWhoGuesses) {
    MainSite site(config(true));
    ASSERT_TRUE(site.auth().set_password("a good long password"));
    std::int64_t now_s = 1000;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(site.auth().log_in("nope", "192.0.2.9", now_s).error().code, ErrorCode::kRefused);
    EXPECT_EQ(site.auth().log_in("a good long password", "192.0.2.9", now_s).error().code, ErrorCode::kBusy);
    EXPECT_TRUE(site.auth().log_in("a good long password", "192.0.2.10", now_s)) << "others are not hit";
    EXPECT_TRUE(site.auth().log_in("a good long password", "192.0.2.9", now_s + 3));
}

TEST(Framing, RefusesEveryAmbiguousLength) {
    const auto refused = [](std::vector<std::pair<std::string, std::string>> headers) {
        Request r;
        r.headers = std::move(headers);
        return check_framing(r).has_value();
    };
    EXPECT_FALSE(refused({{"host", "a"}}));
    EXPECT_FALSE(refused({{"host", "a:80"}, {"content-length", "5"}}));
    EXPECT_FALSE(refused({{"host", "[::1]:80"}, {"transfer-encoding", "Chunked"}}));
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused({{"host", "a"}, {"host", "b"}}));
    EXPECT_TRUE(refused({{"host", "a b"}}));
    EXPECT_TRUE(refused({{"host", "a"}, {"content-length", "5"}, {"content-length", "5"}}));
    EXPECT_TRUE(refused({{"host", "a"}, {"content-length", "5"}, {"transfer-encoding", "chunked"}}));
    EXPECT_TRUE(refused({{"host", "a"}, {"content-length", "+5"}}));
    EXPECT_TRUE(refused({{"host", "a"}, {"content-length", "0x5"}}));
    EXPECT_TRUE(refused({{"host", "a"}, {"content-length", "5, 5"}}));
    EXPECT_TRUE(refused({{"host", "a"}, {"transfer-encoding", "gzip, chunked"}}));
    EXPECT_TRUE(refused({{"host", "a"}, {"transfer-encoding", "xchunked"}}));
    EXPECT_TRUE(refused({{"host", "a"}, {"transfer-encoding", "chunked"}, {"transfer-encoding", "identity"}}));
}

TEST(Problem, EveryCodeHasAStatusWithAName) {
    for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
        const int status = http_status(static_cast<ErrorCode>(code));
        EXPECT_GE(status, 400);
        EXPECT_FALSE(status_text(status).empty()) << status;
    }
}

TEST(Router, FindsTheMethodAndThePathArguments) {
    Router router;
    router.add(Method::kGet, "/a/{id}/b", [](const Request&, const PathArgs&) { return Response::empty(); });
    router.add(Method::kPost, "/a/{id}/b", [](const Request&, const PathArgs&) { return Response::empty(); });
    const auto match = router.find(Method::kHead, "/a/7/b");
    ASSERT_NE(match.handler, nullptr);
    EXPECT_EQ(match.args.at("id"), "7");
    EXPECT_EQ(router.find(Method::kPut, "/a/7/b").allow, "GET, HEAD, POST");
    EXPECT_FALSE(router.find(Method::kGet, "/a//b").path_known);
    EXPECT_FALSE(router.find(Method::kGet, "/a/7/b/").path_known);
}

}  // namespace
}  // namespace attune::serve
