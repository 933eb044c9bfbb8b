#pragma once
// Reads the store's bytes into replies: hiredis' reader behind our filter. Not thread-safe.

#include <gate/store/reply.hpp>
#include <gate/store/reply_filter.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct redisReader;

namespace gate::store {

class reply_reader {
public:
    explicit reply_reader(reply_limits limits = {});

    // False: what came is no RESP 2, or too large as a whole. Replies that were whole before can be taken.
    bool feed(std::string_view bytes);

    // The next whole reply.
    std::optional<reply> next();

    // Neither a part of a reply has come, nor a whole one that has not been taken.
    bool is_between_replies() const noexcept;

    bool has_failed() const noexcept { return has_failed_; }

private:
    struct free_reader {
        void operator()(redisReader* reader) const noexcept;
    };

    reply_filter filter_;
    std::unique_ptr<redisReader, free_reader> inner_;
    std::string kept_;  // what the filter has let through, for the call only
    bool has_failed_ = false;
};

}  // namespace gate::store
