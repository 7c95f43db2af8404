#include "gateway/tokens/keys/key_files.hpp"

#include "gateway/base/publish_file.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

// Keys as files of a directory, one key a file, number in the name. Several processes may share the
// directory: a file is written under a name of nobody's and given its own only if that is free
// (`publish_file`), so a number is given once, and whoever reads sees a whole key or none. Files
// that others can read are refused, and a symbolic link is not followed.
//
// Names that this room did not give are left alone, whatever they are.

namespace yett::tokens {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_file_bytes = 64 * 1024;

std::error_code last_error()
{
    return {errno, std::generic_category()};
}

error cannot(std::string_view verb, std::string const& path, std::error_code cause = {})
{
    return our_error(errc::internal, fmt::format("cannot {} {}", verb, path), cause);
}

class descriptor
{
public:
    explicit descriptor(int fd) noexcept : fd_{fd} {}
    ~descriptor()
    {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    int fd_;
};

std::string stem_of(algorithm alg)
{
    std::string stem{name_of(alg)};
    std::ranges::transform(stem, stem.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return stem + '-';
}

std::string name_of_file(algorithm alg, unsigned number)
{
    return fmt::format("{}{:06}.pem", stem_of(alg), number);
}

// The number in a name this room gave; nothing for anybody else's file.
std::optional<unsigned> number_in(std::string_view name, algorithm alg)
{
    auto const stem = stem_of(alg);
    if (!name.starts_with(stem)) return std::nullopt;
    unsigned number = 0;
    auto const* const end = name.data() + name.size();
    auto const read = std::from_chars(name.data() + stem.size(), end, number);
    if (read.ec != std::errc{} || name_of_file(alg, number) != name) return std::nullopt;
    return number;
}

result<secret> read_guarded(std::string const& path)
{
    descriptor const file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    if (!file) return cannot("open", path, last_error());
    struct stat about
    {
    };
    if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return cannot("read", path);
    if ((about.st_mode & 077) != 0) return our_error(errc::internal, path + " can be read by others; its mode must be 0600");
    if (about.st_size < 0 || static_cast<std::size_t>(about.st_size) > max_file_bytes) return cannot("read", path);
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    if (::read(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return cannot("read", path, last_error());
    return secret{std::move(text)};
}

bool write_all(int fd, std::string_view text)
{
    while (!text.empty()) {
        auto const written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(fd) == 0;
}

// What root adds beside a running program is for the program, which owns the directory.
bool give_to_owner_of(std::string const& directory, int fd)
{
    if (::geteuid() != 0) return true;
    struct stat about
    {
    };
    return ::stat(directory.c_str(), &about) == 0 && ::fchown(fd, about.st_uid, about.st_gid) == 0;
}

// False when the name was taken.
result<bool> write_once(std::string const& directory, std::string const& name, secret const& content)
{
    auto const draft = fmt::format("{}/.{}.{}.{}", directory, name, ::getpid(), hex_encode(random_bytes(8)));
    {
        descriptor const file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
        if (!file) return cannot("create", draft, last_error());
        if (!give_to_owner_of(directory, file.get()) || !write_all(file.get(), content.reveal())) {
            auto const why = last_error();
            ::unlink(draft.c_str());
            return cannot("write", draft, why);
        }
    }
    auto const failed = publish_file(draft, directory + '/' + name);
    ::unlink(draft.c_str());
    if (failed == std::errc::file_exists) return false;
    if (failed) return cannot("create", directory + '/' + name, failed);
    (void)sync_to_disk(directory);
    return true;
}

result<void> make_directory(std::string const& path)
{
    std::error_code failed;
    if (fs::is_directory(path, failed)) return {};
    fs::create_directories(fs::path{path}.parent_path(), failed);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return cannot("create", path, last_error());
    return {};
}

result<std::vector<unsigned>> numbers_in(std::string const& directory, algorithm alg)
{
    std::error_code failed;
    std::vector<unsigned> numbers;
    for (fs::directory_iterator at{directory, failed}, end; !failed && at != end; at.increment(failed))
        if (auto const number = number_in(at->path().filename().native(), alg)) numbers.push_back(*number);
    if (failed && failed != std::errc::no_such_file_or_directory) return cannot("list", directory, failed);
    std::ranges::sort(numbers);
    return numbers;
}

class key_files final : public key_store
{
public:
    explicit key_files(std::string directory) : directory_{std::move(directory)} {}

    task<result<std::vector<kept_key>>> list(algorithm alg) override { co_return read(alg); }

    task<result<bool>> add(kept_key const& added) override
    {
        if (auto made = make_directory(directory_); !made) co_return made.error();
        co_return write_once(directory_, name_of_file(added.alg, added.number), added.document);
    }

    task<result<void>> remove(algorithm alg, unsigned number) override
    {
        auto const path = path_of(alg, number);
        if (::unlink(path.c_str()) != 0 && errno != ENOENT) co_return cannot("remove", path, last_error());
        (void)sync_to_disk(directory_);
        co_return result<void>{};
    }

private:
    std::string path_of(algorithm alg, unsigned number) const { return directory_ + '/' + name_of_file(alg, number); }

    result<std::vector<kept_key>> read(algorithm alg) const
    {
        auto const numbers = numbers_in(directory_, alg);
        if (!numbers) return numbers.error();
        std::vector<kept_key> keys;
        for (auto const number : *numbers) {
            auto text = read_guarded(path_of(alg, number));
            // Another process may have found it spent since the directory was listed.
            if (!text && text.error().cause() == std::errc::no_such_file_or_directory) continue;
            if (!text) return text.error();
            keys.push_back({alg, number, std::move(*text)});
        }
        return keys;
    }

    std::string const directory_;
};

} // namespace

std::unique_ptr<key_store> make_key_files(std::string directory)
{
    return std::make_unique<key_files>(std::move(directory));
}

} // namespace yett::tokens
