// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/text.hpp"

namespace attune::library {
namespace {

struct Field {
    std::string_view name;
    double TrackRow::*number = nullptr;
    std::string TrackRow::*text = nullptr;
};

constexpr std::array<Field, 40> kFields{{
    {"title", nullptr, &TrackRow::title},
    {"artist", nullptr, &TrackRow::artist},
    {"album", nullptr, &TrackRow::album},
    {"genre", nullptr, &TrackRow::genre},
    {"path", nullptr, &TrackRow::path},
    {"recording_group", nullptr, &TrackRow::recording_group},
    {"year", &TrackRow::year},
    {"track_number", &TrackRow::track_number},
    {"duration", &TrackRow::duration_s},
    {"duration_s", &TrackRow::duration_s},
    {"loudness", &TrackRow::loudness_lufs},
    {"loudness_lufs", &TrackRow::loudness_lufs},
    {"loudness_range", &TrackRow::loudness_range_lu},
    {"loudness_range_lu", &TrackRow::loudness_range_lu},
    {"true_peak", &TrackRow::true_peak_dbtp},
    {"true_peak_dbtp", &TrackRow::true_peak_dbtp},
    {"startle", &TrackRow::startle_lu},
    {"startle_lu", &TrackRow::startle_lu},
    {"tempo", &TrackRow::tempo_bpm},
    {"bpm", &TrackRow::tempo_bpm},
    {"tempo_bpm", &TrackRow::tempo_bpm},
    {"tempo_confidence", &TrackRow::tempo_confidence},
    {"key_confidence", &TrackRow::key_confidence},
    {"major", &TrackRow::major},
    {"pitch_class", &TrackRow::key_pitch_class},
    {"valence", &TrackRow::valence},
    {"valence_sd", &TrackRow::valence_sd},
    {"arousal", &TrackRow::arousal},
    {"arousal_sd", &TrackRow::arousal_sd},
    {"arousal_p95", &TrackRow::arousal_p95},
    {"calming", &TrackRow::calming},
    {"vocals", &TrackRow::vocals},
    {"q1", &TrackRow::q1},
    {"q2", &TrackRow::q2},
    {"q3", &TrackRow::q3},
    {"q4", &TrackRow::q4},
    {"first_arousal", &TrackRow::first_arousal},
    {"last_arousal", &TrackRow::last_arousal},
    {"first_valence", &TrackRow::first_valence},
    {"last_valence", &TrackRow::last_valence},
}};

Result<const Field*> find_field(std::string_view name) {
    const std::string lower = core::to_lower_ascii(name);
    for (const Field& f : kFields) {
        if (f.name == lower) return &f;
    }
    std::string message = "'" + std::string(name) + "' is not a field";
    if (const auto near = core::nearest_word(lower, row_fields()))
        message += "; did you mean '" + *near + "'?";
    else
        message +=
            "; fields are title, artist, genre, tempo, valence, arousal, calming, loudness, ...";
    return fail(ErrorCode::kBadArgument, message);
}

enum class Kind {
    kAnd,
    kOr,
    kNot,
    kRange,
    kLess,
    kLessEqual,
    kMore,
    kMoreEqual,
    kEqual,
    kUnequal,
    kContains,
    kUnknown,
    kKnown
};
enum class Truth { kNo, kUnknown, kYes };

}  // namespace

struct Filter::Node {
    Kind kind = Kind::kAnd;
    const Field* field = nullptr;
    double low = 0.0, high = 0.0;
    std::string text;  ///< lower case
    std::vector<std::shared_ptr<const Node>> children;
};

namespace {

using Node = Filter::Node;
using NodePtr = std::shared_ptr<const Node>;
constexpr int kDeepest = 64;

/// Words, numbers, operators; positions for messages.
/// What stands between a field and its value.
constexpr std::array<std::pair<std::string_view, Kind>, 7> kOperators{{{"<", Kind::kLess},
                                                                       {"<=", Kind::kLessEqual},
                                                                       {">", Kind::kMore},
                                                                       {">=", Kind::kMoreEqual},
                                                                       {"=", Kind::kEqual},
                                                                       {"!=", Kind::kUnequal},
                                                                       {"~", Kind::kContains}}};

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) { next(); }

    Result<NodePtr> whole() {
        ATTUNE_TRY(auto node, either(0));
        if (!token_.empty()) return wrong("'and', 'or' or the end");
        return node;
    }
    [[nodiscard]] bool empty() const { return token_.empty(); }

private:
    Result<NodePtr> either(int depth) {
        return joined(depth, "or", Kind::kOr, [this](int d) { return both(d); });
    }
    Result<NodePtr> both(int depth) {
        return joined(depth, "and", Kind::kAnd, [this](int d) { return term(d); });
    }

    template <typename Part>
    Result<NodePtr> joined(int depth, std::string_view word, Kind kind, const Part& part) {
        ATTUNE_TRY(auto first, part(depth));
        if (!is(word)) return first;
        auto node = std::make_shared<Node>();
        node->kind = kind;
        node->children.push_back(std::move(first));
        while (is(word)) {
            next();
            ATTUNE_TRY(auto more, part(depth));
            node->children.push_back(std::move(more));
        }
        return node;
    }

    Result<NodePtr> term(int depth) {
        if (depth > kDeepest)
            return fail(ErrorCode::kBadArgument,
                        "the filter is nested deeper than " + std::to_string(kDeepest));
        if (is("not")) {
            next();
            auto node = std::make_shared<Node>();
            node->kind = Kind::kNot;
            ATTUNE_TRY(auto child, term(depth + 1));
            node->children.push_back(std::move(child));
            return node;
        }
        if (token_ == "(" && !quoted_) {
            next();
            ATTUNE_TRY(auto node, either(depth + 1));
            if (token_ != ")" || quoted_) return wrong("')'");
            next();
            return node;
        }
        return test();
    }

    Result<NodePtr> test() {
        if (token_.empty()) return wrong("a field");
        auto node = std::make_shared<Node>();
        ATTUNE_TRY(node->field, find_field(token_));
        next();
        if (is("unknown") || is("known")) {
            node->kind = is("unknown") ? Kind::kUnknown : Kind::kKnown;
            next();
            return node;
        }
        const auto op = std::find_if(kOperators.begin(), kOperators.end(),
                                     [&](const auto& o) { return !quoted_ && o.first == token_; });
        if (op == kOperators.end()) return range(std::move(node));
        node->kind = op->second;
        next();
        if (token_.empty() && !quoted_) return wrong("a value");
        const bool by_text = node->field->text != nullptr;
        if (by_text) {
            if (node->kind != Kind::kEqual && node->kind != Kind::kUnequal &&
                node->kind != Kind::kContains) {
                return fail(ErrorCode::kBadArgument, std::string(node->field->name) +
                                                         " is a text: compare it with =, != or ~");
            }
            node->text = core::to_lower_ascii(token_);
        } else {
            const auto v = core::parse_double(token_);
            if (!v || node->kind == Kind::kContains) return wrong("a number");
            node->low = *v;
        }
        next();
        return node;
    }

    Result<NodePtr> range(std::shared_ptr<Node> node) {
        const auto dots = token_.find("..");
        if (quoted_ || dots == std::string::npos || node->field->number == nullptr)
            return wrong("<, <=, >, >=, =, !=, ~, a range like 60..80, known or unknown");
        const auto low = core::parse_double(std::string_view(token_).substr(0, dots)),
                   high = core::parse_double(std::string_view(token_).substr(dots + 2));
        if (!low || !high || *low > *high) return wrong("a range like 60..80");
        node->kind = Kind::kRange;
        node->low = *low;
        node->high = *high;
        next();
        return node;
    }

    [[nodiscard]] bool is(std::string_view word) const {
        return !quoted_ && core::to_lower_ascii(token_) == word;
    }
    [[nodiscard]] tl::unexpected<Error> wrong(const std::string& wanted) const {
        return fail(ErrorCode::kBadArgument,
                    "filter: at character " + std::to_string(start_ + 1) + " there should be " +
                        wanted + (token_.empty() ? ", not the end" : ", not '" + token_ + "'"));
    }

    void next() {
        token_.clear();
        quoted_ = false;
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
            ++at_;
        start_ = at_;
        if (at_ >= text_.size()) return;
        const char c = text_[at_];
        if (c == '"' || c == '\'') {
            const auto end = text_.find(c, at_ + 1);
            token_ = std::string(
                text_.substr(at_ + 1, end == std::string_view::npos ? end : end - at_ - 1));
            at_ = end == std::string_view::npos ? text_.size() : end + 1;
            quoted_ = true;
            return;
        }
        constexpr std::string_view kMarks = "()<>=!~";
        if (kMarks.find(c) != std::string_view::npos) {
            const bool two = (c == '<' || c == '>' || c == '!') && at_ + 1 < text_.size() &&
                             text_[at_ + 1] == '=';
            token_ = std::string(text_.substr(at_, two ? 2 : 1));
            at_ += token_.size();
            return;
        }
        while (at_ < text_.size() && kMarks.find(text_[at_]) == std::string_view::npos &&
               text_[at_] != ' ' && text_[at_] != '\t' && text_[at_] != '\n')
            token_.push_back(text_[at_++]);
    }

    std::string_view text_;
    std::size_t at_ = 0, start_ = 0;
    std::string token_;
    bool quoted_ = false;
};

Truth truth_of(bool b) { return b ? Truth::kYes : Truth::kNo; }

Truth test_text(const Node& n, const std::string& value) {
    if (n.kind == Kind::kUnknown) return truth_of(value.empty());
    if (n.kind == Kind::kKnown) return truth_of(!value.empty());
    if (value.empty()) return Truth::kUnknown;
    const std::string lower = core::to_lower_ascii(value);
    if (n.kind == Kind::kContains) return truth_of(lower.find(n.text) != std::string::npos);
    return truth_of((lower == n.text) == (n.kind == Kind::kEqual));
}

Truth test_number(const Node& n, double v) {
    if (n.kind == Kind::kUnknown) return truth_of(std::isnan(v));
    if (n.kind == Kind::kKnown) return truth_of(!std::isnan(v));
    if (std::isnan(v)) return Truth::kUnknown;
    switch (n.kind) {
    case Kind::kRange: return truth_of(v >= n.low && v <= n.high);
    case Kind::kLess: return truth_of(v < n.low);
    case Kind::kLessEqual: return truth_of(v <= n.low);
    case Kind::kMore: return truth_of(v > n.low);
    case Kind::kMoreEqual: return truth_of(v >= n.low);
    case Kind::kUnequal: return truth_of(v != n.low);
    default: return truth_of(v == n.low);
    }
}

Truth evaluate(const Node& n, const TrackRow& row) {
    if (n.kind == Kind::kNot) {
        const Truth t = evaluate(*n.children.front(), row);
        return t == Truth::kUnknown ? t : truth_of(t == Truth::kNo);
    }
    if (n.kind == Kind::kAnd || n.kind == Kind::kOr) {
        Truth result = n.kind == Kind::kAnd ? Truth::kYes : Truth::kNo;
        for (const auto& child : n.children) {
            const Truth t = evaluate(*child, row);
            result = n.kind == Kind::kAnd ? std::min(result, t) : std::max(result, t);
        }
        return result;
    }
    return n.field->text != nullptr ? test_text(n, row.*(n.field->text))
                                    : test_number(n, row.*(n.field->number));
}

std::string number_text(double v) {
    std::array<char, 32> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), v);
    return {text.data(), error == std::errc{} ? end : text.data()};
}

/// A word of the language has no space and no mark, and does not begin with a quote.
std::string value_text(const Node& n) {
    if (n.field->text == nullptr) return number_text(n.low);
    if (n.text.find('"') == std::string::npos) return '"' + n.text + '"';
    return n.text.find('\'') == std::string::npos ? '\'' + n.text + '\'' : n.text;
}

std::string text_of(const Node& n);

/// Brackets where the child would otherwise be taken for part of its parent.
std::string child_text(const Node& child, Kind parent) {
    const bool joins = child.kind == Kind::kAnd || child.kind == Kind::kOr;
    const bool bare = !joins || (parent == Kind::kOr && child.kind == Kind::kAnd);
    return bare ? text_of(child) : "(" + text_of(child) + ")";
}

std::string text_of(const Node& n) {
    if (n.kind == Kind::kNot) return "not " + child_text(*n.children.front(), Kind::kNot);
    if (n.kind == Kind::kAnd || n.kind == Kind::kOr) {
        std::string out;
        for (const auto& child : n.children)
            out += (out.empty() ? "" : n.kind == Kind::kAnd ? " and " : " or ") + child_text(*child, n.kind);
        return out;
    }
    const std::string field(n.field->name);
    if (n.kind == Kind::kUnknown) return field + " unknown";
    if (n.kind == Kind::kKnown) return field + " known";
    if (n.kind == Kind::kRange) return field + " " + number_text(n.low) + ".." + number_text(n.high);
    const auto* const op = std::find_if(kOperators.begin(), kOperators.end(), [&](const auto& o) { return o.second == n.kind; });
    return field + " " + std::string(op->first) + " " + value_text(n);
}

}  // namespace

std::string Filter::text() const { return root_ ? text_of(*root_) : std::string(); }

Result<Filter> Filter::parse(std::string_view text) {
    Filter filter;
    Parser parser(text);
    if (parser.empty() && core::trim(text).empty()) return filter;
    ATTUNE_TRY(filter.root_, parser.whole());
    return filter;
}

bool Filter::matches(const TrackRow& row) const {
    return !root_ || evaluate(*root_, row) == Truth::kYes;
}

const std::vector<std::string>& row_fields() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const Field& f : kFields) all.emplace_back(f.name);
        return all;
    }();
    return names;
}

Result<void> sort_rows(std::vector<const TrackRow*>& rows, std::string_view field) {
    const bool down = field.starts_with('-');
    ATTUNE_TRY(const Field* f, find_field(down ? field.substr(1) : field));
    std::stable_sort(rows.begin(), rows.end(), [&](const TrackRow* a, const TrackRow* b) {
        if (f->text != nullptr) {
            const std::string &x = a->*(f->text), &y = b->*(f->text);
            if (x.empty() != y.empty()) return y.empty();
            return down ? core::to_lower_ascii(y) < core::to_lower_ascii(x)
                        : core::to_lower_ascii(x) < core::to_lower_ascii(y);
        }
        const double x = a->*(f->number), y = b->*(f->number);
        if (std::isnan(x) != std::isnan(y)) return std::isnan(y);
        return down ? y < x : x < y;
    });
    return {};
}

}  // namespace attune::library
