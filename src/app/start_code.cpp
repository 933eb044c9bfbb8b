#include <gate/app/start_code.hpp>

#include <cstddef>
#include <cstdint>

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

namespace gate::app {
namespace {

// Of the program or of a library. What may not be written is never changed, so that the file has the same.
int forget_pages_of(dl_phdr_info* object, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& segment = object->dlpi_phdr[i];
        const bool is_constant = segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0;
        const auto begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
        const auto end = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz) & ~(page - 1);
        if (is_constant && begin < end)
            (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

}  // namespace

void forget_start_code() noexcept {
    (void)::dl_iterate_phdr(&forget_pages_of, nullptr);
}

}  // namespace gate::app
