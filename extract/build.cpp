// Generation and comparison share one map from path to bytes, in path order.
// May be wrong: see build.h.
#include "extract/build.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "extract/write.h"
#include "spec/lang/elaborate.h"

namespace minimoa {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;  // path under root -> bytes

constexpr char kManifest[] = "kernels/MANIFEST.json";
constexpr std::size_t kMaxVariants = 1000;

std::optional<std::string> slurp(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad()) return std::nullopt;
  return bytes;
}

// ---------------------------------------------------------------- suite

bool is_plain_path(const std::string& path) {
  if (path.empty() || path[0] == '/' || path.size() > 200) return false;
  for (const fs::path& part : fs::path(path)) {
    if (part == "..") return false;
  }
  return std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/';
  });
}

// ---------------------------------------------------------------- variants

VariantResult failed(std::vector<Diagnostic> errors, Variant variant) {
  return {std::move(errors), std::move(variant)};
}

VariantResult make_variant(const std::string& root, const RuleTable& rules,
                           const SuiteEntry& entry) {
  Variant v;
  const auto spec_text = slurp(fs::path(root) / entry.spec_path);
  const auto schedule_text = slurp(fs::path(root) / entry.schedule_path);
  for (const auto& [text, path] :
       {std::pair{&spec_text, &entry.spec_path}, std::pair{&schedule_text, &entry.schedule_path}}) {
    if (!*text) return failed({problem("E0902", "cannot read " + *path)}, v);
  }
  v.spec_text = *spec_text;
  v.schedule_text = *schedule_text;
  v.spec_sha256 = sha256_hex(v.spec_text);
  v.schedule_sha256 = sha256_hex(v.schedule_text);
  const auto spec = read_spec(v.spec_text, entry.spec_path);
  if (!spec.ok()) return failed(spec.errors(), v);
  const auto schedule = parse_schedule(v.schedule_text, entry.schedule_path);
  if (!schedule.ok()) return failed(schedule.errors(), v);
  BundleOptions options;
  options.root = root;
  options.spec_path = entry.spec_path;
  options.schedule_path = entry.schedule_path;
  auto bundle = make_bundle(spec.value(), v.spec_text, schedule.value(), rules, options);
  if (!bundle.ok()) return failed(bundle.errors(), v);
  v.bundle = std::move(bundle.value());
  return {{}, std::move(v)};
}

// Results in the order of the suite, whatever the number of threads.
std::vector<VariantResult> make_all(const std::vector<SuiteEntry>& suite, unsigned threads,
                                    const VariantMaker& make) {
  std::vector<VariantResult> out(suite.size());
  std::atomic<std::size_t> next{0};
  const auto one = [&](std::size_t k) {
    try {
      out[k] = make(suite[k]);
    } catch (const std::exception& e) {  // of a library: no thread may die of it
      out[k].errors = {problem("E0999", std::string("internal error: ") + e.what())};
    }
  };
  const auto work = [&] {
    for (std::size_t k = next++; k < suite.size(); k = next++) one(k);
  };
  const std::size_t n = std::min<std::size_t>(std::max(1u, threads), suite.size());
  std::vector<std::jthread> pool;
  for (std::size_t k = 1; k < n; ++k) pool.emplace_back(work);
  work();
  pool.clear();
  return out;
}

// ---------------------------------------------------------------- files

nlohmann::ordered_json manifest_entry(const SuiteEntry& entry, const Variant& v) {
  const Bundle& b = v.bundle;
  nlohmann::ordered_json j, sha;
  j["kernel"] = b.kernel_path;
  j["header"] = b.header_path;
  j["certificate"] = b.certificate_path;
  j["spec"] = entry.spec_path;
  j["schedule"] = entry.schedule_path;
  j["claims"] = b.claims;
  j["holes"] = b.holes;
  j["workspace"] = b.workspace;
  j["target"] = b.derivation.place.target;
  sha["kernel"] = sha256_hex(b.kernel_text);
  sha["header"] = sha256_hex(b.header_text);
  sha["certificate"] = sha256_hex(b.certificate_text);
  sha["spec"] = v.spec_sha256;
  sha["schedule"] = v.schedule_sha256;
  j["sha256"] = sha;
  return j;
}

std::string manifest(const std::vector<SuiteEntry>& suite,
                     const std::vector<VariantResult>& results) {
  std::map<std::string, nlohmann::ordered_json> sorted;
  for (std::size_t k = 0; k < suite.size(); ++k) {
    const Variant& v = results[k].variant;
    sorted[v.bundle.kernel_path] = manifest_entry(suite[k], v);
  }
  nlohmann::ordered_json j;
  j["format"] = "minimoa.manifest/1";
  j["kernels"] = nlohmann::ordered_json::array();
  for (auto& [path, entry] : sorted) j["kernels"].push_back(std::move(entry));
  return j.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

// Every generated file; two variants with one path are an error.
Result<Files> all_files(const std::vector<SuiteEntry>& suite,
                        const std::vector<VariantResult>& results) {
  Files files;
  for (const VariantResult& r : results) {
    const Bundle& b = r.variant.bundle;
    for (const auto& [path, text] :
         {std::pair{&b.kernel_path, &b.kernel_text}, std::pair{&b.header_path, &b.header_text},
          std::pair{&b.certificate_path, &b.certificate_text}}) {
      if (files.emplace(*path, *text).second) continue;
      return problem("E0914", "two lines of the suite give " + *path);
    }
  }
  files[kManifest] = manifest(suite, results);
  return files;
}

// Generated files in the folders that the suite owns which it does not give;
// temporary files of a build that was killed among them.
std::vector<std::string> extra_files(const fs::path& root, const Files& files) {
  std::vector<std::string> out;
  struct Place {
    const char* folder;
    const char* ending;
    bool marked;
  };
  for (const Place& p :
       {Place{"kernels/cpu", ".cpp", true}, Place{"kernels/include/minimoa", ".h", true},
        Place{"certificates", ".cert.json", false}}) {
    std::error_code error;
    for (const auto& e : fs::directory_iterator(root / p.folder, error)) {
      const std::string path = std::string(p.folder) + "/" + e.path().filename().string();
      const bool is_temporary = path.find(p.ending + std::string(".tmp.")) != std::string::npos;
      if ((!path.ends_with(p.ending) && !is_temporary) || files.count(path) != 0) continue;
      const auto bytes = slurp(e.path());
      if (p.marked && !is_temporary && (!bytes || !bytes->starts_with("// GENERATED by minimoa")))
        continue;
      out.push_back(path);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// ---------------------------------------------------------------- comparison

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// A line for people: printable ASCII of a bounded length.
std::string shown(const std::vector<std::string>& lines, std::size_t k) {
  if (k >= lines.size()) return "(end of file)";
  std::string out;
  for (const char c : lines[k].substr(0, 120)) out += c >= ' ' && c < 127 ? c : '.';
  return lines[k].size() > 120 ? out + "..." : out;
}

void report_drift(std::ostream& out, const std::string& path, const std::string& committed,
                  const std::string& generated) {
  const auto a = lines_of(committed), b = lines_of(generated);
  std::size_t k = 0;
  while (k < a.size() && k < b.size() && a[k] == b[k]) ++k;
  out << "drift: " << path << ":" << k + 1 << "\n"
      << "  committed: " << shown(a, k) << "\n"
      << "  generated: " << shown(b, k) << "\n";
}

int compare(const fs::path& root, const Files& files, std::ostream& out) {
  std::size_t wrong = 0;
  for (const auto& [path, bytes] : files) {
    const auto committed = slurp(root / path);
    if (!committed) {
      out << "missing: " << path << "\n";
    } else if (*committed != bytes) {
      report_drift(out, path, *committed, bytes);
    } else {
      continue;
    }
    ++wrong;
  }
  for (const std::string& path : extra_files(root, files)) {
    out << "extra: " << path << "\n";
    ++wrong;
  }
  if (wrong == 0) {
    out << "no drift: " << files.size() << " files\n";
    return 0;
  }
  out << "drift in " << wrong << " files; regenerate: minimoa build\n";
  return 1;
}

// All files that differ, or none.
int replace_files(const fs::path& root, const Files& files, std::ostream& out, std::ostream& err,
                  Format format) {
  std::vector<NewFile> changed;
  for (const auto& [path, bytes] : files) {
    if (slurp(root / path) != bytes) changed.push_back({(root / path).string(), bytes});
  }
  const Result<bool> written = write_files(changed);
  if (!written.ok()) {
    err << render(written.errors(), format, "");
    return exit_code(written.errors());
  }
  std::size_t next = 0;
  for (const auto& [path, bytes] : files) {
    const bool is_new = next < changed.size() && changed[next].path == (root / path).string();
    out << (is_new ? "wrote " : "unchanged ") << path << "\n";
    if (is_new) ++next;
  }
  for (const std::string& path : extra_files(root, files)) {
    out << "extra: " << path << " (not in the suite; remove it)\n";
  }
  return 0;
}

// ---------------------------------------------------------------- errors

// Exit code of all failures, 0 if there is none: 2 beats 1 beats 3.
int report_failures(const std::vector<SuiteEntry>& suite, const std::vector<VariantResult>& results,
                    Format format, std::ostream& err) {
  const auto weight = [](int code) { return code == 2 ? 3 : code == 1 ? 2 : code == 3 ? 1 : 0; };
  int code = 0;
  for (std::size_t k = 0; k < results.size(); ++k) {
    const VariantResult& r = results[k];
    if (r.errors.empty()) continue;
    const bool of_schedule = r.errors[0].span.file == suite[k].schedule_path;
    if (format == Format::kText || format == Format::kShort) {
      err << "in " << suite[k].spec_path << " " << suite[k].schedule_path << ":\n";
    }
    err << render(r.errors, format, of_schedule ? r.variant.schedule_text : r.variant.spec_text);
    const int c = exit_code(r.errors);
    if (weight(c) > weight(code)) code = c;
  }
  return code;
}

int report_holes(const std::vector<VariantResult>& results, std::ostream& out) {
  bool any = false;
  for (const VariantResult& r : results) {
    for (const std::string& h : r.variant.bundle.holes) {
      out << "hole: " << r.variant.bundle.certificate_path << ": " << h << "\n";
      any = true;
    }
  }
  return any ? 3 : 0;
}

int stop(const BuildOptions& o, const std::vector<Diagnostic>& errors, const std::string& source) {
  (o.err != nullptr ? *o.err : std::cerr) << render(errors, o.format, source);
  return exit_code(errors);
}

}  // namespace

Result<std::vector<SuiteEntry>> parse_suite(const std::string& text, const std::string& path) {
  std::vector<SuiteEntry> out;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t k = 0; k < lines.size(); ++k) {
    std::istringstream words(lines[k].substr(0, lines[k].find('#')));
    SuiteEntry entry;
    std::string more;
    if (!(words >> entry.spec_path)) continue;
    const bool two = static_cast<bool>(words >> entry.schedule_path) && !(words >> more);
    if (two && is_plain_path(entry.spec_path) && is_plain_path(entry.schedule_path) &&
        out.size() < kMaxVariants) {
      out.push_back(entry);
      continue;
    }
    Diagnostic d = problem("E0909", "expected `SPEC SCHEDULE`, two paths under the root");
    d.span = {
        path, static_cast<int>(k) + 1, 1,
        static_cast<int>(std::min<std::size_t>(std::max<std::size_t>(lines[k].size(), 1), 200))};
    return d;
  }
  if (out.empty()) return problem("E0909", path + " lists no kernel");
  return out;
}

int build_with(const BuildOptions& options, const VariantMaker& make) {
  std::ostream& out = options.out != nullptr ? *options.out : std::cout;
  std::ostream& err = options.err != nullptr ? *options.err : std::cerr;
  const fs::path root = options.root;
  const auto text = slurp(root / options.suite);
  if (!text) return stop(options, {problem("E0902", "cannot read " + options.suite)}, "");
  const auto suite = parse_suite(*text, options.suite);
  if (!suite.ok()) return stop(options, suite.errors(), *text);
  const auto results = make_all(suite.value(), options.threads, make);
  if (const int code = report_failures(suite.value(), results, options.format, err)) return code;
  const auto files = all_files(suite.value(), results);
  if (!files.ok()) return stop(options, files.errors(), "");
  const int code = options.check ? compare(root, files.value(), out)
                                 : replace_files(root, files.value(), out, err, options.format);
  const int holes = report_holes(results, out);
  return code != 0 ? code : holes;
}

int build(const BuildOptions& options) {
  const auto rules = RuleTable::load((fs::path(options.root) / "spec" / "rules").string());
  if (!rules.ok()) return stop(options, rules.errors(), "");
  return build_with(options, [&](const SuiteEntry& entry) {
    return make_variant(options.root, rules.value(), entry);
  });
}

}  // namespace minimoa
