// All files or none: failures before the first rename and between renames
// leave every byte, mode and folder as it was, and no temporary file.
#include "extract/write.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "extract/build.h"
#include "tests/unit/extract/kernel_fixture.h"

using namespace minimoa;
using namespace minimoa::test;

namespace {

namespace fs = std::filesystem;

// What stands below a folder: path -> kind, mode and bytes.
std::map<std::string, std::string> picture(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& e : fs::recursive_directory_iterator(folder)) {
    const std::string mode = std::to_string(static_cast<int>(e.symlink_status().permissions()));
    const bool is_link = e.is_symlink();
    out[e.path().string()] = mode + (is_link            ? " -> " + fs::read_symlink(e).string()
                                     : e.is_directory() ? " folder"
                                                        : " " + slurp(e.path().string()));
  }
  return out;
}

void refused(const TemporaryFolder& folder, const std::vector<NewFile>& files) {
  const auto before = picture(folder.path());
  const auto written = write_files(files);
  REQUIRE_FALSE(written.ok());
  CHECK(written.errors()[0].code == "E0903");
  CHECK(written.errors()[0].notes.empty());  // all could be put back
  CHECK(picture(folder.path()) == before);
}

// No file may grow beyond `bytes`: a full disk, for root too.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const struct rlimit smaller { bytes, before_.rlim_max };
    ::setrlimit(RLIMIT_FSIZE, &smaller);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  struct rlimit before_ {};
};

}  // namespace

TEST_CASE("files are written with their folders; modes are kept; nothing else is left") {
  const TemporaryFolder folder;
  const std::string a = folder.path() + "/x/y/a", b = folder.path() + "/b";
  REQUIRE(write_files({{a, "one"}, {b, "two"}}).ok());
  fs::permissions(a, fs::perms{0600});
  REQUIRE(write_files({{a, ""}, {b, "3"}}).ok());
  CHECK(slurp(a).empty());
  CHECK(slurp(b) == "3");
  struct stat status {};
  REQUIRE(::stat(a.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(picture(folder.path()).size() == 4);  // x, y, a, b
  CHECK(write_files({}).ok());
}

TEST_CASE("a target that cannot be written: nothing changes") {
  const TemporaryFolder folder;
  const std::string f = folder.path() + "/";
  spill(f + "a", "old a");
  spill(f + "z", "old z");
  fs::permissions(f + "a", fs::perms{0640});
  fs::create_directories(f + "in_the_way/x");
  for (const std::string& bad : {f + "in_the_way", f + "a/below_a_file", f + std::string(300, 'n'),
                                 f + "in_the_way/n/" + "e/w/../w/"}) {
    CAPTURE(bad);
    refused(folder,
            {{f + "a", "new"}, {f + "new/folder/b", "new"}, {bad, "new"}, {f + "z", "new"}});
  }
  REQUIRE(::mkfifo((f + "pipe").c_str(), 0600) == 0);
  const auto written = write_files({{f + "a", "new"}, {f + "pipe", "new"}});
  REQUIRE_FALSE(written.ok());
  CHECK(written.errors()[0].code == "E0903");
  CHECK(fs::is_fifo(f + "pipe"));
  CHECK(slurp(f + "a") == "old a");
}

TEST_CASE("a disk that is full: nothing changes") {
  const TemporaryFolder folder;
  const std::string f = folder.path() + "/";
  spill(f + "a", "old a");
  spill(f + "b", "old b");
  const FileSizeLimit limit(100);
  refused(folder, {{f + "a", "new"}, {f + "b", std::string(101, 'x')}});
}

TEST_CASE("a folder that may not be written: nothing changes") {
  if (::geteuid() == 0) return;  // root may
  const TemporaryFolder folder;
  const std::string f = folder.path() + "/";
  spill(f + "a", "old a");
  spill(f + "closed/b", "old b");
  fs::permissions(f + "closed", fs::perms{0555});
  refused(folder, {{f + "a", "new"}, {f + "closed/b", "new"}});
  fs::permissions(f + "closed", fs::perms{0755});
}

// `p` is still free when its file is staged; the next file makes a folder of
// that name, so the rename to `p` fails after those before it.
TEST_CASE("a rename that fails midway: those before it are taken back") {
  const TemporaryFolder folder;
  const std::string f = folder.path() + "/";
  spill(f + "a", "old a");
  spill(f + "linked", "old target");
  fs::permissions(f + "a", fs::perms{0600});
  fs::create_symlink("linked", f + "link");
  refused(folder, {{f + "a", "new"},
                   {f + "new/b", "new"},
                   {f + "link", "new"},
                   {f + "p", "new"},
                   {f + "p/q", "new"},
                   {f + "z", "new"}});
  CHECK(slurp(f + "link") == "old target");
}

TEST_CASE("one file: whole or as it was") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/a/b.txt";
  REQUIRE(write_file(path, "one").ok());
  REQUIRE(write_file(path, "two").ok());
  CHECK(slurp(path) == "two");
  fs::create_directories(folder.path() + "/c");
  for (const std::string& bad : {folder.path() + "/c", path + "/below_a_file"}) {
    refused(folder, {{bad, "x"}});
  }
}
