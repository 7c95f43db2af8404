#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace yett::transport {

// Fixed-size buffers of one worker, lent and given back; the one given back last is lent
// next because the processor's cache still holds it. Not thread-safe.
//
// Memory comes in slabs from the operating system. Buffers that nobody asked for between
// two `trim`s lose their pages, so a crowd that fell silent costs address space alone.
class buffer_pool
{
public:
    // The size is rounded up to whole pages.
    explicit buffer_pool(std::size_t buffer_bytes);
    ~buffer_pool();
    buffer_pool(buffer_pool const&) = delete;
    buffer_pool& operator=(buffer_pool const&) = delete;

    // A loan; gives the buffer back when it dies.
    class buffer
    {
    public:
        buffer() = default;
        buffer(buffer&& other) noexcept : pool_{std::exchange(other.pool_, nullptr)}, data_{std::exchange(other.data_, nullptr)}
        {
        }
        buffer& operator=(buffer&& other) noexcept
        {
            if (this != &other) {
                reset();
                pool_ = std::exchange(other.pool_, nullptr);
                data_ = std::exchange(other.data_, nullptr);
            }
            return *this;
        }
        ~buffer() { reset(); }

        explicit operator bool() const noexcept { return data_ != nullptr; }
        char* data() const noexcept { return data_; }
        std::size_t size() const noexcept { return pool_ ? pool_->buffer_bytes_ : 0; }
        std::span<char> bytes() const noexcept { return {data_, size()}; }
        void reset() noexcept
        {
            if (data_) pool_->give_back(std::exchange(data_, nullptr));
        }

    private:
        friend class buffer_pool;
        buffer(buffer_pool& pool, char* data) : pool_{&pool}, data_{data} {}

        buffer_pool* pool_ = nullptr;
        char* data_ = nullptr;
    };

    // Throws std::bad_alloc when the system has no more.
    buffer take();
    // Gives back the pages of what was not needed since the last call, apart from a few.
    void trim() noexcept;

    // Sizes and numbers, for figures and for those who ask for a buffer of a certain size.
    std::size_t buffer_bytes() const noexcept { return buffer_bytes_; }
    std::size_t lent() const noexcept { return lent_; }
    // Buffers that hold pages but are not lent.
    std::size_t warm() const noexcept { return warm_.size(); }

private:
    // Warm again, and the first to be lent next.
    void give_back(char* data) noexcept;
    void grow();

    static constexpr std::size_t slab_bytes = 1024 * 1024;
    static constexpr std::size_t kept_warm = 16;

    std::size_t const buffer_bytes_;
    // Each slab is cut into buffers, which are lent, warm or cold, and never go back before the
    // pool does.
    std::vector<void*> slabs_;
    std::vector<char*> warm_;
    std::vector<char*> cold_; // without pages
    std::size_t lent_ = 0;
    std::size_t least_warm_ = 0; // since the last trim
};

} // namespace yett::transport
