// Line charts with logarithmic axes, as SVG.
//
// The x axis is in powers of two, the y axis in powers of ten. Labels stand at
// the right end of their line and are moved apart; on small screens the chart
// is drawn again with a legend below it.
// May be wrong: positions are rounded to a tenth of a pixel; the numbers are in
// the tables of the page.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace minimoa::html {

struct Curve {
  std::string label;
  std::vector<std::pair<double, double>> points;  // x increasing, all positive
  bool dashed = false, strong = false;
};
struct Marker {
  std::string label;
  double x = 1, y = 1;
};
struct Chart {
  std::string x_title, y_title, description;
  std::vector<Curve> curves;  // at most seven
  std::vector<Marker> markers;
};

// Two drawings of the chart: class "wide" and class "small".
std::string svg(const Chart& chart);

}  // namespace minimoa::html
