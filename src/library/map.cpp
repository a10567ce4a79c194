// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/map.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/text.hpp"

namespace attune::library {
namespace {

constexpr double kSize = 640.0, kMargin = 60.0;

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : core::to_utf8_lossy(text)) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
        }
    }
    return out;
}

double x_of(double valence) { return kMargin + (valence + 1.0) / 2.0 * kSize; }
double y_of(double arousal) { return kMargin + (1.0 - arousal) / 2.0 * kSize; }

template <typename... Values>
std::string format(const char* pattern, Values... values) {
    char text[256];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

}  // namespace

std::string map_svg(const std::vector<const TrackRow*>& rows) {
    const double whole = kSize + 2.0 * kMargin;
    std::string svg = format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                             "font-family=\"sans-serif\" font-size=\"14\" role=\"img\">\n",
                             whole, whole);
    svg += "<title>The library on the plane of expressed valence and arousal</title>\n";
    svg += format("<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n", whole, whole);
    svg += format("<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" fill=\"#f6f6f3\" "
                  "stroke=\"#888888\"/>\n",
                  kMargin, kMargin, kSize, kSize);
    svg += format("<path d=\"M%.1f %.1fV%.1fM%.1f %.1fH%.1f\" stroke=\"#bbbbbb\"/>\n", x_of(0),
                  y_of(1), y_of(-1), x_of(-1), y_of(0), x_of(1));
    svg += format("<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">valence: unpleasant to "
                  "pleasant</text>\n",
                  whole / 2, whole - 20.0);
    svg += format("<text transform=\"translate(24 %.0f) rotate(-90)\" "
                  "text-anchor=\"middle\">arousal: still to excited</text>\n",
                  whole / 2);
    std::size_t unknown = 0;
    const double radius = rows.size() > 5000 ? 1.5 : rows.size() > 500 ? 3.0 : 5.0;
    svg += "<g fill=\"#3b6fb6\" fill-opacity=\"0.55\">\n";
    for (const TrackRow* r : rows) {
        if (std::isnan(r->valence) || std::isnan(r->arousal)) {
            ++unknown;
            continue;
        }
        svg += format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>",
                      x_of(std::clamp(r->valence, -1.0, 1.0)),
                      y_of(std::clamp(r->arousal, -1.0, 1.0)), radius);
        svg += escaped(r->artist.empty() ? r->title : r->artist + " - " + r->title);
        svg += "</title></circle>\n";
    }
    svg += "</g>\n";
    svg += format("<text x=\"%.0f\" y=\"36\" text-anchor=\"middle\">%zu tracks", whole / 2,
                  rows.size() - unknown);
    if (unknown > 0) svg += format(", %zu more without an estimate", unknown);
    const bool simulated =
        std::any_of(rows.begin(), rows.end(), [](const TrackRow* r) { return r->simulated; });
    if (simulated) svg += " (SIMULATED)";
    svg += "</text>\n</svg>\n";
    return svg;
}

}  // namespace attune::library
