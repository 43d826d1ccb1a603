// Files that are written all together or not at all.
//
// Everything that can fail is done first, beside the targets: folders, bytes,
// modes, and a second name (or copy) of each file that will be replaced. Then
// come renames only; if one fails, the ones before it are taken back.
// May be wrong: a process that is killed between two renames leaves some files
// new, the others old, and a killed process leaves its temporary files
// (PATH.tmp.XXXXXX); `minimoa build --check` shows both.
#pragma once

#include <string>
#include <vector>

#include "spec/lang/diagnostic.h"

namespace minimoa {

struct NewFile {
  std::string path, bytes;
};
// On failure (E0903) every file is as it was before; folders are created.
Result<bool> write_files(const std::vector<NewFile>& files);
Result<bool> write_file(const std::string& path, const std::string& bytes);

}  // namespace minimoa
