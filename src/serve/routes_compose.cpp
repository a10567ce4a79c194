// SPDX-License-Identifier: GPL-3.0-or-later
// The composer: music that plays while it is steered, finished pieces, their way into the library.
#include <nlohmann/json.hpp>

#include "compose/synth.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "library/scanner.hpp"
#include "serve/answer_file.hpp"
#include "serve/house.hpp"
#include "serve/json_body.hpp"
#include "serve/problem.hpp"

namespace attune::serve {
namespace {

using nlohmann::json;

std::string options() {
    json styles = json::array(), engines = json::array(), controls = json::array();
    for (int i = 0; i < compose::kStyles; ++i) styles.push_back(to_string(static_cast<compose::Style>(i)));
    for (const auto kind : {compose::EngineKind::kRule, compose::EngineKind::kHmm, compose::EngineKind::kLstm}) {
        if (compose::make_engine(kind)) engines.push_back(to_string(kind));
    }
    for (int i = 0; i < compose::kControls; ++i) controls.push_back(to_string(static_cast<compose::Control>(i)));
    return to_text({{"schema", "attune/compose_options/1"}, {"styles", styles}, {"engines", engines}, {"controls", controls}});
}

/// The point of the plane, and the controls: those of the point, but for the ones that were set by hand.
Result<void> read_wish(const JsonBody& body, flow::Va& target, compose::Controls& controls) {
    ATTUNE_TRY(target.valence, body.number("valence", -1, 1));
    ATTUNE_TRY(target.arousal, body.number("arousal", -1, 1));
    controls = compose::controls_for(target);
    ATTUNE_TRY(const JsonBody by_hand, body.object("controls"));
    for (const auto& [name, value] : by_hand.raw().items()) {
        const auto control = compose::control_named(name);
        if (!control) return fail(ErrorCode::kBadArgument, "'controls' has '" + name + "', which is no control");
        ATTUNE_TRY(controls[*control], by_hand.number(name.c_str(), 0, 1));
    }
    return {};
}

json controls_json(const compose::Controls& controls) {
    json out = json::object();
    for (int i = 0; i < compose::kControls; ++i) {
        const auto c = static_cast<compose::Control>(i);
        out[compose::to_string(c)] = controls[c];
    }
    return out;
}

/// Where the controls stand for a point of the plane.
Result<std::string> controls_of(const Request& request) {
    flow::Va va;
    for (const auto& [name, value] : {std::pair{"valence", &va.valence}, std::pair{"arousal", &va.arousal}}) {
        const std::string text = request.value(name);
        const auto number = core::parse_double(text);
        if (!number || !(*number >= -1.0 && *number <= 1.0))
            return fail(ErrorCode::kBadArgument, std::string("'") + name + "' is '" + text + "'; allowed is -1 to 1");
        *value = *number;
    }
    return to_text({{"schema", "attune/compose_controls/1"}, {"controls", controls_json(compose::controls_for(va))}});
}

Result<compose::Brief> read_brief(const JsonBody& body) {
    compose::Brief brief;
    compose::Controls controls;
    ATTUNE_CHECK(read_wish(body, brief.target, controls));
    if (body.has("controls")) brief.controls = controls;
    if (body.has("style")) {
        ATTUNE_TRY(const std::string style, body.text("style", 40));
        ATTUNE_TRY(brief.style, compose::style_named(style));
    }
    ATTUNE_TRY(const std::string engine, body.text_or("engine", "rule", 20));
    ATTUNE_TRY(brief.engine, compose::engine_named(engine));
    if (body.has("seed")) {
        ATTUNE_TRY(const std::int64_t seed, body.integer("seed", 0, 2'147'483'647));
        brief.seed = static_cast<std::uint64_t>(seed);
    }
    return brief;
}

Result<std::string> play(House& house, const Request& request) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const compose::Brief brief, read_brief(body));
    ATTUNE_TRY(const Id id, house.workshop().play(brief));
    return to_text({{"schema", "attune/compose_play/1"}, {"id", id.text()}});
}

Result<std::string> steer(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const Id id, Id::parse(args.at("id")));
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    flow::Va target;
    compose::Controls controls;
    ATTUNE_CHECK(read_wish(body, target, controls));
    ATTUNE_CHECK(house.workshop().steer(id, target, controls, compose::When::kImmediate));
    return std::string("{}");
}

Result<std::string> stop(House& house, const PathArgs& args) {
    ATTUNE_TRY(const Id id, Id::parse(args.at("id")));
    ATTUNE_CHECK(house.workshop().stop(id));
    return std::string("{}");
}

json piece_json(const Workshop::Piece& piece) {
    const compose::Score& score = piece.made.score;
    const std::string at = "/api/v1/compose/pieces/" + piece.id.text();
    return {{"schema", "attune/piece/1"},
            {"id", piece.id.text()},
            {"title", score.title},
            {"style", score.style},
            {"engine", score.engine},
            {"seed", score.seed},
            {"key", std::string(compose::tonic_name(score.key)) + " " + compose::to_string(score.key.mode)},
            {"tempo_bpm", score.tempo_bpm()},
            {"notes", score.notes.size()},
            {"duration_s", piece.made.seconds},
            {"loudness_lufs", piece.made.lufs ? json(*piece.made.lufs) : json(nullptr)},
            {"controls", controls_json(score.controls)},
            {"audio", at + "/audio"},
            {"midi", at + "/midi"}};
}

Result<std::string> make(House& house, const Request& request) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(compose::Brief brief, read_brief(body));
    ATTUNE_TRY(brief.seconds, body.number("seconds", 10, Workshop::kMostSeconds));
    ATTUNE_TRY(const Workshop::Piece piece, house.workshop().make(brief));
    return to_text(piece_json(piece));
}

/// A piece stands where it was composed to stand unless a model has measured it: as an edit, not a measurement.
Result<void> place(library::Catalogue& catalogue, const ContentKey& key, const flow::Va& target) {
    ATTUNE_TRY(const auto profile, catalogue.profile(key));
    if (profile.expressed_valence && profile.expressed_arousal) return {};
    const std::int64_t now = core::wall_now_ns();
    ATTUNE_CHECK(catalogue.edit(key, "valence", core::format_double(target.valence), "composer", now));
    return catalogue.edit(key, "arousal", core::format_double(target.arousal), "composer", now);
}

Result<std::string> save(House& house, const PathArgs& args) {
    ATTUNE_TRY(const Id id, Id::parse(args.at("id")));
    ATTUNE_TRY(const Workshop::Piece piece, house.workshop().piece(id));
    ATTUNE_TRY(const auto file, house.workshop().save(id));
    ATTUNE_TRY(const auto db, house.space().connect());
    const auto models = library::TrackModels::load(house.space().data_dir());
    ATTUNE_TRY(const auto report, library::scan(*db, {file.parent_path().string()}, models, {}));
    library::Catalogue catalogue(*db);
    ATTUNE_TRY(const ContentKey key, catalogue.find(file.string()));
    ATTUNE_CHECK(place(catalogue, key, piece.made.score.target));
    return to_text({{"schema", "attune/piece_saved/1"}, {"track", key.hex()}});
}

Response piece_file(House& house, const Request& request, const PathArgs& args, bool audio) {
    const auto id = Id::parse(args.at("id"));
    if (!id) return problem(id.error());
    const auto piece = house.workshop().piece(*id);
    if (!piece) return problem(piece.error());
    if (audio) return answer_file(request, piece->audio, "audio/flac");
    Response response = answer_file(request, piece->midi, "audio/midi");
    response.headers.emplace_back("Content-Disposition", "attachment; filename=\"attune-" + std::to_string(piece->made.score.seed) + ".mid\"");
    return response;
}

class PlaySocket final : public SocketHandler {
public:
    PlaySocket(Workshop& workshop, const Id& play) : workshop_(workshop), play_(play) {}
    void opened(std::shared_ptr<Outbox> outbox) override {
        outbox_ = std::move(outbox);
        if (!workshop_.listen(play_, outbox_)) outbox_->close(CloseReason::kNormal);
    }
    void received(std::string_view, bool) override {}
    void closed() noexcept override { outbox_.reset(); }

private:
    Workshop& workshop_;
    Id play_;
    std::shared_ptr<Outbox> outbox_;
};

}  // namespace

void add_compose_routes(Router& router, House& house) {
    router.add(Method::kGet, "/api/v1/compose/options",
               answers_json([](const Request&, const PathArgs&) { return Result<std::string>(options()); }));
    router.add(Method::kGet, "/api/v1/compose/controls",
               answers_json([](const Request& r, const PathArgs&) { return controls_of(r); }));
    router.add(Method::kPost, "/api/v1/compose/plays",
               answers_json([&house](const Request& r, const PathArgs&) { return play(house, r); }, 201));
    router.add(Method::kPatch, "/api/v1/compose/plays/{id}",
               answers_json([&house](const Request& r, const PathArgs& a) { return steer(house, r, a); }));
    router.add(Method::kDelete, "/api/v1/compose/plays/{id}",
               answers_json([&house](const Request&, const PathArgs& a) { return stop(house, a); }));
    router.add_socket("/api/v1/compose/plays/{id}/sound",
                      [&house](const Request&, const PathArgs& args)
                          -> tl::expected<std::unique_ptr<SocketHandler>, Response> {
                          const auto id = Id::parse(args.at("id"));
                          if (!id) return tl::unexpected<Response>(problem(id.error()));
                          return std::make_unique<PlaySocket>(house.workshop(), *id);
                      });
    router.add(Method::kPost, "/api/v1/compose/pieces",
               answers_json([&house](const Request& r, const PathArgs&) { return make(house, r); }, 201));
    router.add(Method::kGet, "/api/v1/compose/pieces/{id}/audio",
               [&house](const Request& r, const PathArgs& a) { return piece_file(house, r, a, true); });
    router.add(Method::kGet, "/api/v1/compose/pieces/{id}/midi",
               [&house](const Request& r, const PathArgs& a) { return piece_file(house, r, a, false); });
    router.add(Method::kPost, "/api/v1/compose/pieces/{id}/save",
               answers_json([&house](const Request&, const PathArgs& a) { return save(house, a); }, 201));
    const auto soundfont = compose::find_soundfont();
    house.set_part("compose", soundfont ? PartState{true, ""} : PartState{false, soundfont.error().message});
}

}  // namespace attune::serve
