// Fuzzes the audit of a whole certificate, with the files that it names.
//
// The bytes are audited as they are; and if they are a JSON object of "certificate", "spec",
// "rules", "theorems" and "kernel" (tests/attack/seeds.py writes such), the texts become files of a
// folder that also holds the committed rules and lower bounds, every "=" in the place of a hash
// becomes the hash of its file, and the kernel's header names the certificate's. So nothing stops
// at a hash. No exception may escape audit_certificate, and none may be an unforeseen one. May be
// wrong: what is VALID here need not be true, since the input may bring its own rules.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/audit_harness.h"
#ifndef MINIMOA_FUZZ_REPLAY
#include "tests/fuzz/json_mutator.h"
FUZZ_JSON
#endif

namespace {
namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// In memory where the system has a folder for that; removed at the end.
struct Root {
  fs::path path;
  Root() {
    const char* memory = "/dev/shm";
    path = (fs::is_directory(memory) ? fs::path(memory) : fs::temp_directory_path()) /
           ("minimoa-fuzz-" + std::to_string(getpid()));
    for (const char* folder : {"spec/rules", "spec/bounds", "spec/attention", "kernels"})
      fs::create_directories(path / folder);
    for (const char* folder : {"spec/rules", "spec/bounds", "spec/attention"})
      for (const auto& file : fs::directory_iterator(fs::path(MINIMOA_SOURCE_DIR) / folder))
        if (file.is_regular_file())
          fs::copy_file(file.path(), path / folder / file.path().filename(),
                        fs::copy_options::overwrite_existing);
  }
  ~Root() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};
const Root& root() {
  static const Root folder;
  return folder;
}

void audit_bytes(const std::string& bytes) {
  const std::string path = (root().path / "certificate.json").string();
  write(path, bytes);
  const audit::Audited audited = audit::audit_certificate(root().path.string(), path);
  const auto& claims = audited.report.at("claims");
  MUST(claims.size() == 8);
  for (const auto& claim : claims) {
    MUST(claim.at("code") != "exception");  // unforeseen
    MUST((claim.at("verdict") == "INVALID") == (claim.at("code") != ""));
  }
  MUST(audited.text.starts_with(path));
  for (const char c : audited.text) MUST(c == '\n' || (c >= ' ' && c <= '~'));
}

// A path that the harness may read on behalf of the input.
bool plain(const std::string& path) {
  return path.size() < 100 && path.find("..") == std::string::npos &&
         path.find('.') != std::string::npos && path.find('\0') == std::string::npos;
}

void fill(audit::Json& json) {
  if (json.is_structured())
    for (audit::Json& item : json) fill(item);
  if (!json.is_object()) return;
  for (const char* key : {"sha256", "body_sha256"}) {
    if (!json.contains(key) || json[key] != "=") continue;
    std::string text;
    if (json.contains("text") && json["text"].is_string()) {
      text = json["text"].get<std::string>();
    } else if (json.contains("path") && json["path"].is_string() &&
               plain(json["path"].get_ref<const std::string&>())) {
      std::ifstream in(root().path / json["path"].get<std::string>(), std::ios::binary);
      text.assign(std::istreambuf_iterator<char>(in), {});
      if (std::string(key) == "body_sha256") text = audit::split_kernel(text).second;
    }
    json[key] = audit::sha256_hex(text);
  }
}

std::string text_of(const audit::Json& bundle, const char* key) {
  return bundle.contains(key) && bundle[key].is_string() ? bundle[key].get<std::string>() : "";
}

void audit_bundle(audit::Json bundle) {
  if (!bundle.is_object() || !bundle.contains("certificate")) return;
  const std::string body = "// ---- body ----\n" + text_of(bundle, "kernel");
  write(root().path / "spec/x.moa", text_of(bundle, "spec"));
  write(root().path / "spec/rules/x.rules", text_of(bundle, "rules"));
  write(root().path / "spec/bounds/x.thm", text_of(bundle, "theorems"));
  write(root().path / "kernels/x.cpp", body);
  audit::Json& certificate = bundle["certificate"];
  fill(certificate);
  const std::string bytes = certificate.dump(-1, ' ', true, audit::Json::error_handler_t::replace);
  write(root().path / "kernels/x.cpp",
        "// certificate x sha256 " + audit::sha256_hex(bytes) + "\n" + body);
  audit_bytes(bytes);
}
}  // namespace

FUZZ_READER(audit_certificate, 32768) {
  audit_bytes(bytes);
  audit_fuzz::attempt([&] { audit_bundle(audit::parse_json(bytes)); });
}
