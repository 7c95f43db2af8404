#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

// Preloaded into the program, it stands before the allocator and tells a test who asks it for memory: while `recording` is set in the
// file that YETT_ALLOCATIONS names, each request of a thread whose name begins with "worker" leaves a row with its size and its callers.
// The test maps the same file.

namespace {

constexpr std::size_t most_rows = 4096;
constexpr std::size_t most_callers = 30;

struct row
{
    std::uint64_t bytes;
    std::uint64_t callers[most_callers];
};

struct page
{
    std::atomic<std::uint64_t> recording;
    std::atomic<std::uint64_t> rows; // asked for, those that found no room too
    row each[most_rows];
};

page* shared = nullptr;
thread_local bool busy = false;   // the recording itself may allocate
thread_local int is_worker = -1;  // not known yet

bool counts_here()
{
    if (is_worker < 0) {
        char name[16] = {};
        pthread_getname_np(pthread_self(), name, sizeof name);
        // A thread gets its name when it begins to run.
        if (std::strncmp(name, "worker", 6) != 0) return false;
        is_worker = 1;
    }
    return true;
}

void note(std::size_t bytes)
{
    if (!shared || shared->recording.load(std::memory_order_relaxed) == 0 || busy || !counts_here()) return;
    busy = true;
    auto const at = shared->rows.fetch_add(1);
    if (at < most_rows) {
        void* callers[most_callers] = {};
        backtrace(callers, static_cast<int>(most_callers));
        shared->each[at].bytes = bytes;
        for (std::size_t i = 0; i < most_callers; ++i) shared->each[at].callers[i] = reinterpret_cast<std::uintptr_t>(callers[i]);
    }
    busy = false;
}

template <class Function>
Function next(char const* name)
{
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// What dlsym itself wants before there is an allocator.
alignas(16) char early[65536];
std::size_t early_used = 0;

void* early_bytes(std::size_t bytes)
{
    auto* const at = early + early_used;
    early_used += (bytes + 15) / 16 * 16;
    return early_used <= sizeof early ? at : nullptr;
}

bool is_early(void const* p)
{
    return p >= early && p < early + sizeof early;
}

using malloc_function = void* (*)(std::size_t);
using calloc_function = void* (*)(std::size_t, std::size_t);
using realloc_function = void* (*)(void*, std::size_t);
using aligned_function = void* (*)(std::size_t, std::size_t);
using posix_function = int (*)(void**, std::size_t, std::size_t);
using free_function = void (*)(void*);

malloc_function real_malloc;
calloc_function real_calloc;
realloc_function real_realloc;
aligned_function real_aligned;
posix_function real_posix;
free_function real_free;

// Libraries allocate before it is our turn to begin.
bool is_ready()
{
    static bool resolving = false;
    if (real_malloc || resolving) return real_malloc != nullptr;
    resolving = true;
    real_calloc = next<calloc_function>("calloc");
    real_realloc = next<realloc_function>("realloc");
    real_aligned = next<aligned_function>("aligned_alloc");
    real_posix = next<posix_function>("posix_memalign");
    real_free = next<free_function>("free");
    real_malloc = next<malloc_function>("malloc");
    resolving = false;
    return true;
}

__attribute__((constructor)) void begin()
{
    void* first[1];
    backtrace(first, 1); // it loads a library the first time
    auto const* const file = std::getenv("YETT_ALLOCATIONS");
    auto const opened = file ? ::open(file, O_RDWR | O_CLOEXEC) : -1;
    if (opened < 0) return;
    auto* const mapped = ::mmap(nullptr, sizeof(page), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
    ::close(opened);
    if (mapped != MAP_FAILED) shared = static_cast<page*>(mapped);
}

} // namespace

extern "C" {

void* malloc(std::size_t bytes)
{
    if (!is_ready()) return early_bytes(bytes);
    note(bytes);
    return real_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes)
{
    if (!is_ready()) return early_bytes(count * bytes);
    note(count * bytes);
    return real_calloc(count, bytes);
}

void* realloc(void* old, std::size_t bytes)
{
    if (is_early(old) || !is_ready()) {
        auto* const made = malloc(bytes);
        if (made && old) std::memcpy(made, old, bytes);
        return made;
    }
    note(bytes);
    return real_realloc(old, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes)
{
    if (!is_ready()) return nullptr;
    note(bytes);
    return real_aligned(alignment, bytes);
}

int posix_memalign(void** to, std::size_t alignment, std::size_t bytes)
{
    if (!is_ready()) return ENOMEM;
    note(bytes);
    return real_posix(to, alignment, bytes);
}

void free(void* p)
{
    if (!is_early(p) && is_ready()) real_free(p);
}

// What `operator new` asks for in a program whose objects are mimalloc's.

void* mi_new(std::size_t bytes)
{
    static auto const real = next<malloc_function>("mi_new");
    note(bytes);
    return real(bytes);
}

void* mi_new_nothrow(std::size_t bytes)
{
    static auto const real = next<malloc_function>("mi_new_nothrow");
    note(bytes);
    return real(bytes);
}

void* mi_new_aligned(std::size_t bytes, std::size_t alignment)
{
    static auto const real = next<aligned_function>("mi_new_aligned");
    note(bytes);
    return real(bytes, alignment);
}

} // extern "C"
