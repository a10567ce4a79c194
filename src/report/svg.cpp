// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/svg.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace attune::report {
namespace {

std::string attribute(std::string_view name, double value) {
    return " " + std::string(name) + "=\"" + number(value) + "\"";
}

std::string path_points(const Points& points) {
    std::string out;
    for (const auto& [x, y] : points) {
        if (!out.empty()) out += ' ';
        out += number(x) + ',' + number(y);
    }
    return out;
}

std::string css(std::string_view name) { return " class=\"" + std::string(name) + "\""; }

std::string close(std::string_view element, std::string_view tooltip) {
    if (tooltip.empty()) return "/>";
    return "><title>" + escape(tooltip) + "</title></" + std::string(element) + ">";
}

}  // namespace

std::string escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string number(double value) {
    if (!std::isfinite(value)) return "0";
    std::array<char, 32> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                            std::chars_format::fixed, 2);
    std::string text(buffer.data(), end);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text == "-0" ? "0" : text;
}

Svg::Svg(double width, double height, std::string_view title, std::string_view description) {
    out_ = "<svg viewBox=\"0 0 " + number(width) + ' ' + number(height) + "\" role=\"img\" aria-label=\"" +
           escape(title) + "\" xmlns=\"http://www.w3.org/2000/svg\"><title>" + escape(title) +
           "</title><desc>" + escape(description) + "</desc>";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
    out_ += "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
            attribute("y2", y2) + css(css_class) + "/>";
}

void Svg::polyline(const Points& points, std::string_view css_class) {
    if (points.size() < 2) return;
    out_ += "<polyline points=\"" + path_points(points) + "\"" + css(css_class) + "/>";
}

void Svg::polygon(const Points& points, std::string_view css_class) {
    if (points.size() < 3) return;
    out_ += "<polygon points=\"" + path_points(points) + "\"" + css(css_class) + "/>";
}

void Svg::rect(double x, double y, double width, double height, std::string_view css_class,
               std::string_view tooltip) {
    out_ += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", std::max(0.0, width)) +
            attribute("height", std::max(0.0, height)) + css(css_class) + close("rect", tooltip);
}

void Svg::circle(double x, double y, double radius, std::string_view css_class, std::string_view tooltip) {
    out_ += "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", radius) +
            css(css_class) + close("circle", tooltip);
}

void Svg::ellipse(double x, double y, double rx, double ry, double degrees, std::string_view css_class) {
    out_ += "<ellipse" + attribute("cx", x) + attribute("cy", y) + attribute("rx", rx) +
            attribute("ry", ry) + css(css_class) + " transform=\"rotate(" + number(degrees) + ' ' +
            number(x) + ' ' + number(y) + ")\"/>";
}

void Svg::text(double x, double y, std::string_view words, std::string_view css_class,
               std::string_view anchor) {
    out_ += "<text" + attribute("x", x) + attribute("y", y) + css(css_class) + " text-anchor=\"" +
            std::string(anchor) + "\">" + escape(words) + "</text>";
}

std::string Svg::finish() && {
    out_ += "</svg>";
    return std::move(out_);
}

}  // namespace attune::report
