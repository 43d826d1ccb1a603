// Staging of files: temporary files, kept originals, renames, roll-back.
// May be wrong: see write.h.
#include "extract/write.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

namespace minimoa {
namespace {

namespace fs = std::filesystem;
using Failure = std::optional<Diagnostic>;

Diagnostic write_error(const std::string& path, const std::string& what, int number) {
  Diagnostic d;
  d.code = "E0903";
  d.message = "cannot write " + path + ": " + what + ": " + std::strerror(number);
  return d;
}

Failure write_bytes(int fd, const NewFile& file) {
  for (std::size_t done = 0; done < file.bytes.size();) {
    const ssize_t n = ::write(fd, file.bytes.data() + done, file.bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return write_error(file.path, "write", n < 0 ? errno : EIO);
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(fd) != 0) return write_error(file.path, "fsync", errno);
  return std::nullopt;
}

// Owns what it has put beside the targets, and removes it in the end.
class Staging {
 public:
  Staging() = default;
  Staging(const Staging&) = delete;
  ~Staging();
  Failure stage(const NewFile& file);
  Failure keep_originals();
  Failure commit();

 private:
  struct Staged {
    std::string path;
    std::string temporary;  // empty when it has become the target
    std::string kept;       // the original under another name; empty if there is none
  };
  Failure create_folders(const std::string& path);
  Failure take_back(std::size_t count, Diagnostic why);

  std::vector<Staged> staged_;
  std::vector<std::string> folders_;  // created here, outer before inner
  bool committed_ = false;
};

Staging::~Staging() {
  for (const Staged& s : staged_) {
    if (!s.temporary.empty()) ::unlink(s.temporary.c_str());
    if (!s.kept.empty()) ::unlink(s.kept.c_str());
  }
  if (committed_) return;
  for (auto f = folders_.rbegin(); f != folders_.rend(); ++f) ::rmdir(f->c_str());
}

Failure Staging::create_folders(const std::string& path) {
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path f = fs::path(path).parent_path(); !f.empty() && !fs::exists(f, error);
       f = f.parent_path()) {
    missing.push_back(f);
  }
  for (auto f = missing.rbegin(); f != missing.rend(); ++f) {
    if (fs::create_directory(*f, error)) folders_.push_back(f->string());
    if (error) return write_error(path, "create folder", error.value());
  }
  return std::nullopt;
}

Failure Staging::stage(const NewFile& file) {
  if (Failure failure = create_folders(file.path)) return failure;
  struct stat before {};
  const bool existed = ::stat(file.path.c_str(), &before) == 0;
  if (existed && S_ISDIR(before.st_mode)) return write_error(file.path, "open", EISDIR);
  // A rename would put a file in the place of a device.
  if (existed && !S_ISREG(before.st_mode)) return write_error(file.path, "no file", EINVAL);
  std::string temporary = file.path + ".tmp.XXXXXX";
  const int fd = ::mkstemp(temporary.data());
  if (fd < 0) return write_error(file.path, "create a temporary file", errno);
  staged_.push_back({file.path, temporary, ""});
  Failure failure = write_bytes(fd, file);
  if (!failure && ::fchmod(fd, existed ? before.st_mode & 07777 : 0644) != 0) {
    failure = write_error(file.path, "set its mode", errno);
  }
  if (::close(fd) != 0 && !failure) failure = write_error(file.path, "close", errno);
  return failure;
}

// A second name where the file system has such, else a copy. The last rename
// needs none: nothing comes after it that can fail.
Failure Staging::keep_originals() {
  for (std::size_t k = 0; k + 1 < staged_.size(); ++k) {
    Staged& s = staged_[k];
    struct stat before {};
    if (::lstat(s.path.c_str(), &before) != 0) {
      if (errno == ENOENT) continue;
      return write_error(s.path, "look at what is there", errno);
    }
    const std::string kept = s.temporary + ".kept";
    if (::link(s.path.c_str(), kept.c_str()) != 0) {
      std::error_code error;
      fs::copy(s.path, kept, fs::copy_options::copy_symlinks, error);
      if (error) {
        ::unlink(kept.c_str());  // what a failed copy leaves
        return write_error(s.path, "keep its old content", error.value());
      }
    }
    s.kept = kept;
  }
  return std::nullopt;
}

Failure Staging::commit() {
  for (std::size_t k = 0; k < staged_.size(); ++k) {
    Staged& s = staged_[k];
    if (std::rename(s.temporary.c_str(), s.path.c_str()) != 0) {
      return take_back(k, write_error(s.path, "rename", errno));
    }
    s.temporary.clear();
  }
  committed_ = true;
  return std::nullopt;
}

// The first `count` targets as they were. What cannot be put back stays under
// its other name, and is told.
Failure Staging::take_back(std::size_t count, Diagnostic why) {
  while (count-- > 0) {
    Staged& s = staged_[count];
    const bool is_back = s.kept.empty() ? ::unlink(s.path.c_str()) == 0
                                        : std::rename(s.kept.c_str(), s.path.c_str()) == 0;
    if (!is_back) {
      why.notes.push_back(s.path + " is new, and was not put back: " + std::strerror(errno) +
                          (s.kept.empty() ? "" : "; its old content is in " + s.kept));
    }
    s.kept.clear();
  }
  return why;
}

}  // namespace

Result<bool> write_files(const std::vector<NewFile>& files) {
  Staging staging;
  for (const NewFile& file : files) {
    if (const Failure failure = staging.stage(file)) return *failure;
  }
  if (const Failure failure = staging.keep_originals()) return *failure;
  if (const Failure failure = staging.commit()) return *failure;
  return true;
}

Result<bool> write_file(const std::string& path, const std::string& bytes) {
  return write_files({{path, bytes}});
}

}  // namespace minimoa
