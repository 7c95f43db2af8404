#include "gateway/tokens/key_files.hpp"

#include "gateway/base/base64url.hpp"
#include "gateway/base/random.hpp"
#include "gateway/tokens/openssl_handle.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

namespace yett::tokens {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_file_bytes = 64 * 1024;
constexpr std::string_view date_line = "made: ";

std::error_code last_error()
{
    return {errno, std::generic_category()};
}

error cannot(std::string_view verb, std::string const& path, std::error_code cause = {})
{
    ERR_clear_error();
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

// OpenSSL asks the terminal for a passphrase unless it is given one.
int give_passphrase(char* into, int room, int, void* passphrase)
{
    auto const text = static_cast<secret const*>(passphrase)->reveal();
    if (text.empty() || text.size() > static_cast<std::size_t>(room)) return -1;
    std::memcpy(into, text.data(), text.size());
    return static_cast<int>(text.size());
}

result<std::string> read_guarded(std::string const& path)
{
    descriptor const file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    if (!file) return cannot("open", path, last_error());
    struct stat about{};
    if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return cannot("read", path);
    if ((about.st_mode & 077) != 0) return our_error(errc::internal, path + " can be read by others; its mode must be 0600");
    if (about.st_size < 0 || static_cast<std::size_t>(about.st_size) > max_file_bytes) return cannot("read", path);
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    if (::read(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return cannot("read", path, last_error());
    return text;
}

// When the key was made, from the line above the PEM block; the epoch without one.
wall_time date_in(std::string_view text)
{
    auto const at = text.find(date_line);
    if (at == text.npos) return {};
    std::int64_t unix_seconds = 0;
    std::from_chars(text.data() + at + date_line.size(), text.data() + text.size(), unix_seconds);
    return from_unix(unix_seconds);
}

result<stored_key> read_one(key_directory const& from, algorithm alg, unsigned number)
{
    auto const path = from.path + '/' + name_of_file(alg, number);
    auto const text = read_guarded(path);
    if (!text) return text.error();
    secret const wiped{*text};
    memory_bio const bio{BIO_new_mem_buf(wiped.reveal().data(), static_cast<int>(wiped.size()))};
    auto passphrase = from.passphrase;
    auto key = signing_key::from_private(
        alg, adopt(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &passphrase)));
    if (!key) return cannot("use the key in", path + ": " + key.error().note());
    return stored_key{std::move(*key), number, date_in(wiped.reveal()), path};
}

result<secret> pem_of(signing_key const& key, secret const& passphrase, wall_time now)
{
    memory_bio const bio{BIO_new(BIO_s_secmem())};
    auto const* const cipher = passphrase.empty() ? nullptr : EVP_aes_256_cbc();
    auto phrase = passphrase;
    if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key.private_key().get(), cipher, nullptr, 0, give_passphrase, &phrase) != 1)
        return cannot("encode", "a key");
    char* text = nullptr;
    auto const size = BIO_get_mem_data(bio.get(), &text);
    auto const heading = fmt::format("A signing key of Yett. Keep it secret.\n{}{}\n", date_line, to_unix(now));
    return secret{heading + std::string(text, static_cast<std::size_t>(size))};
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

// The name appears with the whole content or not at all, and only once: whoever comes
// second gets EEXIST.
std::error_code publish(std::string const& draft, std::string const& path)
{
    if (::link(draft.c_str(), path.c_str()) == 0) return {};
    // Some file systems have no hard links.
    if (errno == EPERM || errno == EOPNOTSUPP)
        if (::renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return {};
    return last_error();
}

result<void> write_once(std::string const& directory, std::string const& name, secret const& content)
{
    auto const draft = fmt::format("{}/.{}.{}.{}", directory, name, ::getpid(), hex_encode(random_bytes(8)));
    {
        descriptor const file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
        if (!file) return cannot("create", draft, last_error());
        if (!write_all(file.get(), content.reveal())) {
            auto const why = last_error();
            ::unlink(draft.c_str());
            return cannot("write", draft, why);
        }
    }
    auto const failed = publish(draft, directory + '/' + name);
    ::unlink(draft.c_str());
    if (failed && failed != std::errc::file_exists) return cannot("create", directory + '/' + name, failed);
    descriptor const folder{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder) ::fsync(folder.get());
    return {};
}

result<void> make_directory(std::string const& path)
{
    std::error_code failed;
    if (fs::is_directory(path, failed)) return {};
    fs::create_directories(fs::path{path}.parent_path(), failed);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return cannot("create", path, last_error());
    return {};
}

} // namespace

result<std::vector<stored_key>> read_keys(key_directory const& from, algorithm alg)
{
    std::error_code failed;
    std::vector<unsigned> numbers;
    for (fs::directory_iterator at{from.path, failed}, end; !failed && at != end; at.increment(failed))
        if (auto const number = number_in(at->path().filename().native(), alg)) numbers.push_back(*number);
    if (failed && failed != std::errc::no_such_file_or_directory) return cannot("list", from.path, failed);
    std::ranges::sort(numbers);

    std::vector<stored_key> keys;
    for (auto const number : numbers) {
        auto key = read_one(from, alg, number);
        if (!key) return key.error();
        keys.push_back(std::move(*key));
    }
    return keys;
}

result<stored_key> add_key(key_directory const& to, algorithm alg, unsigned number, wall_time now)
{
    auto const key = signing_key::generate(alg);
    if (!key) return key.error();
    if (!key->private_key()) return client_error(errc::bad_request, "secrets are configured, not kept in files");
    auto const content = pem_of(*key, to.passphrase, now);
    if (!content) return content.error();
    if (auto written = write_once(to.path, name_of_file(alg, number), *content); !written) return written.error();
    return read_one(to, alg, number);
}

result<std::vector<stored_key>> open_keys(key_directory const& from, algorithm alg, wall_time now)
{
    auto found = read_keys(from, alg);
    if (!found || !found->empty()) return found;
    if (auto made = make_directory(from.path); !made) return made.error();
    if (auto first = add_key(from, alg, 1, now); !first) return first.error();
    return read_keys(from, alg);
}

} // namespace yett::tokens
