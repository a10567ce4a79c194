// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A small writer of SVG with a data frame: numbers in, escaped text out.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attune::report {

/// &, <, >, " and ' as entities.
[[nodiscard]] std::string escape(std::string_view text);
/// At most two decimals, without trailing zeros; locale-free.
[[nodiscard]] std::string number(double value);

using Points = std::vector<std::pair<double, double>>;

/// One picture; coordinates are in pixels of its view box, y downwards.
class Svg {
public:
    /// `title` and `description` are what a screen reader says.
    Svg(double width, double height, std::string_view title, std::string_view description);

    void line(double x1, double y1, double x2, double y2, std::string_view css_class);
    void polyline(const Points& points, std::string_view css_class);
    void polygon(const Points& points, std::string_view css_class);
    void rect(double x, double y, double width, double height, std::string_view css_class,
              std::string_view tooltip = {});
    void circle(double x, double y, double radius, std::string_view css_class, std::string_view tooltip = {});
    /// Semi-axes in pixels, rotated by `degrees` clockwise.
    void ellipse(double x, double y, double rx, double ry, double degrees, std::string_view css_class);
    /// anchor: "start", "middle" or "end".
    void text(double x, double y, std::string_view words, std::string_view css_class,
              std::string_view anchor = "start");
    [[nodiscard]] std::string finish() &&;

private:
    std::string out_;
};

}  // namespace attune::report
