// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <termios.h>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "app/model_registry.hpp"
#include "core/log.hpp"
#include "serve/server.hpp"

namespace attune::app {
namespace {

struct ServeOptions {
    serve::ServerConfig server;
    bool open = false;
    bool set_password = false;
    bool routes = false;
};

std::string read_secret(const char* prompt) {
    std::string line;
    if (isatty(STDIN_FILENO) == 0) {
        std::getline(std::cin, line);
        return line;
    }
    std::fputs(prompt, stderr);
    termios before{};
    tcgetattr(STDIN_FILENO, &before);
    termios hidden = before;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
    std::getline(std::cin, line);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::fputs("\n", stderr);
    return line;
}

int set_password(const Context& context) {
    const std::string password = read_secret("New password of the owner (10 to 256 characters): ");
    if (isatty(STDIN_FILENO) != 0 && read_secret("Once more: ") != password) {
        return report_error(context, {ErrorCode::kBadArgument, "the two passwords differ", ""});
    }
    if (const auto set = serve::set_owner_password(context.data_dir, password); !set) {
        return report_error(context, set.error());
    }
    std::fputs("The password is set. All log-ins have ended.\n", stderr);
    return kDone;
}

void announce(const Context& context, const serve::Server& server) {
    if (context.json) {
        const nlohmann::json object = {
            {"schema", "attune/serve/1"},
            {"url", server.url()},
            {"pages", server.pages_present()},
            {"fingerprint_sha256", server.fingerprint().empty()
                                       ? nlohmann::json(nullptr)
                                       : nlohmann::json(server.fingerprint())}};
        std::puts(object.dump().c_str());
    } else {
        std::printf("Attune is at  %s\n", server.url().c_str());
        if (!server.fingerprint().empty()) {
            std::printf("Its certificate is self-made; compare in the browser (SHA-256):\n  %s\n",
                        server.fingerprint().c_str());
        }
        if (!server.pages_present()) {
            std::puts(
                "The pages are missing: install Node.js 18 or newer and run scripts/run again.");
        }
        std::puts("Stop with Ctrl-C.");
    }
    std::fflush(stdout);
}

int serve_until_cancelled(const Context& context, const ServeOptions& options) {
    if (const auto logging = core::open_log(context.data_dir / "log", core::LogLevel::kInfo); !logging) {
        return report_error(context, logging.error());
    }
    auto server = serve::Server::create(options.server);
    if (!server) return report_error(context, server.error());
    if (options.routes) {
        for (const std::string& route : (*server)->routes()) std::puts(route.c_str());
        return kDone;
    }
    (*server)->start();
    announce(context, **server);
    if (options.open) {
        const std::string command = "xdg-open '" + (*server)->url() + "' >/dev/null 2>&1 &";
        if (std::system(command.c_str()) != 0)
            std::fputs("attune: no browser could be opened\n", stderr);
    }
    while (!context.cancel.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    (*server)->stop();
    return kDone;
}

}  // namespace

void add_serve_commands(CLI::App& app, Context& context) {
    auto options =
        std::make_shared<ServeOptions>();  // shared: outlives this call inside the callback
    serve::ServerConfig& server = options->server;
    CLI::App* serve =
        app.add_subcommand("serve", "The web app, on 127.0.0.1 unless told otherwise");
    serve
        ->add_option(
            "--host", server.host,
            "address to listen on; any but the loopback needs --set-password first, and uses TLS")
        ->capture_default_str();
    serve->add_option("--port", server.port, "port; 0 = any free one")->capture_default_str();
    serve->add_flag("--open", options->open, "open the page in a browser");
    serve->add_flag("--set-password", options->set_password,
                    "ask for the owner's password, store it, and end");
    serve->add_option("--tls-certificate", server.tls_certificate,
                      "PEM file; default on other addresses: self-made");
    serve->add_option("--tls-key", server.tls_key, "PEM file that goes with it");
    serve->add_flag_function(
        "--tls,!--no-tls", [&server](std::int64_t times) { server.tls = times > 0; },
        "TLS on or off; off only behind a proxy that has it");
    serve->add_flag("--routes", options->routes, "print the routes and end")->group("");
    serve->add_option("--pages", server.pages, "folder of the built pages")->group("");
    serve->footer("Example:  attune serve --open");
    serve->callback([options, &context] {
        context.run = [options, &context] {
            if (options->set_password) return set_password(context);
            options->server.deployment = context.deployment;
            options->server.data_dir = context.data_dir;
            options->server.db_url = context.db_url;
            options->server.version = ATTUNE_VERSION;
            options->server.models = make_model_registry();
            if (options->routes) options->server.port = 0;
            return serve_until_cancelled(context, *options);
        };
    });
}

}  // namespace attune::app
