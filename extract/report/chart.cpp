#include "extract/report/chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "extract/report/html.h"

namespace minimoa::html {
namespace {

struct Frame {  // in pixels
  double width, height, left, right, top, bottom;
};
constexpr Frame kWide = {1000, 520, 70, 250, 20, 56};
constexpr Frame kSmall = {400, 340, 46, 14, 16, 44};
constexpr double kLine = 18;  // between labels

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", v);
  return text;
}

std::string power_of_two(int k) {
  if (k >= 20) return std::to_string(1 << (k - 20)) + " Mi";
  if (k >= 10) return std::to_string(1 << (k - 10)) + " Ki";
  return std::to_string(1 << k);
}

class Drawing {
 public:
  Drawing(const Chart& chart, const Frame& frame, bool wide)
      : chart_(chart), frame_(frame), wide_(wide) {
    double low_x = 1e300, high_x = 0, low_y = 1e300, high_y = 0;
    for (const Curve& c : chart.curves) {
      for (const auto& [x, y] : c.points) {
        low_x = std::min(low_x, x);
        high_x = std::max(high_x, x);
        low_y = std::min(low_y, y);
        high_y = std::max(high_y, y);
      }
    }
    x0_ = std::floor(std::log2(low_x));
    x1_ = std::max(x0_ + 1, std::ceil(std::log2(high_x)));
    y0_ = std::floor(std::log10(low_y));
    y1_ = std::max(y0_ + 1, std::ceil(std::log10(high_y)));
  }

  std::string text() {
    out_ = "<svg class=\"" + std::string(wide_ ? "wide" : "small") + "\" viewBox=\"0 0 " +
           number(frame_.width) + " " + number(frame_.height) + "\" role=\"img\" aria-label=\"" +
           escaped(chart_.description) + "\">\n";
    axes();
    for (std::size_t k = 0; k < chart_.curves.size(); ++k) curve(k);
    if (wide_) labels();
    for (const Marker& m : chart_.markers) marker(m);
    return out_ + "</svg>\n";
  }

 private:
  double x_of(double x) const {
    const double span = frame_.width - frame_.left - frame_.right;
    return frame_.left + span * (std::log2(x) - x0_) / (x1_ - x0_);
  }
  double y_of(double y) const {
    const double span = frame_.height - frame_.top - frame_.bottom;
    return frame_.height - frame_.bottom - span * (std::log10(y) - y0_) / (y1_ - y0_);
  }
  static std::string colour(std::size_t k) { return "var(--c" + std::to_string(k % 7) + ")"; }

  void line(double x0, double y0, double x1, double y1) {
    out_ += "<line class=\"grid\" x1=\"" + number(x0) + "\" y1=\"" + number(y0) + "\" x2=\"" +
            number(x1) + "\" y2=\"" + number(y1) + "\"/>\n";
  }
  void label(double x, double y, const std::string& anchor, const std::string& markup,
             const std::string& extra) {
    out_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\"" +
            extra + ">" + markup + "</text>\n";
  }

  void axes() {
    const double right = frame_.width - frame_.right, floor = frame_.height - frame_.bottom;
    const int step = wide_ ? 2 : 4;
    for (int k = static_cast<int>(x0_); k <= static_cast<int>(x1_); ++k) {
      if ((k - static_cast<int>(x0_)) % step != 0) continue;
      const double x = x_of(std::exp2(k));
      line(x, frame_.top, x, floor);
      label(x, floor + 18, "middle", power_of_two(k), " class=\"axis\"");
    }
    for (int k = static_cast<int>(y0_); k <= static_cast<int>(y1_); ++k) {
      const double y = y_of(std::pow(10.0, k));
      line(frame_.left, y, right, y);
      label(frame_.left - 8, y + 4, "end",
            "10<tspan dy=\"-5\" font-size=\"10\">" + std::to_string(k) + "</tspan>",
            " class=\"axis\"");
    }
    label(right, floor + 38, "end", escaped(chart_.x_title), " class=\"axis\"");
    label(frame_.left, frame_.top - 6, "start", escaped(chart_.y_title), " class=\"axis halo\"");
  }

  void curve(std::size_t k) {
    const Curve& c = chart_.curves[k];
    std::string points;
    for (const auto& [x, y] : c.points) points += number(x_of(x)) + "," + number(y_of(y)) + " ";
    if (!points.empty()) points.pop_back();
    out_ += "<polyline fill=\"none\" stroke=\"" + colour(k) + "\" stroke-width=\"" +
            (c.strong ? "3.5" : "2") + "\"" + (c.dashed ? " stroke-dasharray=\"7 5\"" : "") +
            " points=\"" + points + "\"/>\n";
  }

  // At the right ends, moved down until they do not overlap.
  void labels() {
    std::vector<std::pair<double, std::size_t>> ends;
    for (std::size_t k = 0; k < chart_.curves.size(); ++k) {
      if (!chart_.curves[k].points.empty()) {
        ends.emplace_back(y_of(chart_.curves[k].points.back().second), k);
      }
    }
    std::sort(ends.begin(), ends.end());
    const double floor = frame_.height - frame_.bottom;
    double last = frame_.top - kLine;
    std::vector<double> at;
    for (const auto& [y, k] : ends) {
      at.push_back(std::max(y, last + kLine));
      last = at.back();
    }
    for (std::size_t k = at.size(); k-- > 0;) {  // back up from the floor
      at[k] = std::min(at[k], floor - kLine * static_cast<double>(at.size() - 1 - k));
    }
    for (std::size_t k = 0; k < ends.size(); ++k) {
      label(frame_.width - frame_.right + 10, at[k] + 4, "start",
            escaped(chart_.curves[ends[k].second].label),
            " style=\"fill:" + colour(ends[k].second) + "\"");
    }
  }

  void marker(const Marker& m) {
    const double x = x_of(m.x), y = y_of(m.y);
    out_ += "<circle cx=\"" + number(x) + "\" cy=\"" + number(y) +
            "\" r=\"5\" fill=\"var(--c0)\" stroke=\"var(--paper)\" stroke-width=\"2\"/>\n";
    const bool left = x > frame_.left + 0.6 * (frame_.width - frame_.left - frame_.right);
    if (wide_) {
      label(x + (left ? -9 : 9), y - 9, left ? "end" : "start", escaped(m.label),
            " class=\"halo\"");
    }
  }

  const Chart& chart_;
  const Frame frame_;
  const bool wide_;
  double x0_, x1_, y0_, y1_;  // exponents
  std::string out_;
};

std::string legend(const Chart& chart) {
  std::string out;
  for (std::size_t k = 0; k < chart.curves.size(); ++k) {
    out += "<div><span style=\"color:var(--c" + std::to_string(k % 7) + ")\">" +
           (chart.curves[k].dashed ? "- - -" : "&#9473;&#9473;") + "</span> " +
           escaped(chart.curves[k].label) + "</div>\n";
  }
  for (const Marker& m : chart.markers) {
    out += "<div><span style=\"color:var(--c0)\">&#9679;</span> " + escaped(m.label) + "</div>\n";
  }
  return element("div", out, "small soft");
}

}  // namespace

std::string svg(const Chart& chart) {
  const bool drawable = std::any_of(chart.curves.begin(), chart.curves.end(),
                                    [](const Curve& c) { return !c.points.empty(); });
  if (!drawable) return "";
  return Drawing(chart, kWide, true).text() + Drawing(chart, kSmall, false).text() + legend(chart);
}

}  // namespace minimoa::html
