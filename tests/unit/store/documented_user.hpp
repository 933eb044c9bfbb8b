#pragma once
// The lines of README.md that give a user of the store, and one of the sentinels, their rights.

#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

namespace gate::test {

// The words of the line: 0 that of the store, 1 that of the sentinels. Its password is "open sesame".
inline std::vector<std::string> documented_user(std::size_t which) {
    std::ifstream file(GATE_README);
    std::vector<std::string> out;
    for (std::string word; file >> word;) {
        if (out.size() == 1 && word != "SETUSER") out.clear();
        if (out.empty() && word != "ACL") continue;
        if (word != "```") {
            out.push_back(word == ">PASSWORD" ? ">open sesame" : word);
            continue;
        }
        if (which-- == 0) break;
        out.clear();
    }
    return out;
}

}  // namespace gate::test
