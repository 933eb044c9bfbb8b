#pragma once
// Takes out of the store's bytes what is too large to be kept, before anything of it is kept (rule 24): each
// text or list that exceeds its limit is replaced by a short error, and the rest of the reply goes on. Pure.
//
// Whoever may write to the store can put an entry of 512 MiB into the log. It must cost a replica neither
// memory nor the connection, and the reader learns where it stands, so that it can be deleted.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gate::store {

struct reply_limits {
    std::size_t text = 4'096;  // bytes of one
    std::size_t list = 1'024;  // items of one
    // Of one inside two others: the entries in an answer to XREAD, the fields of an entry in one to XINFO.
    std::size_t inner_list = 128;
    // Of one inside four others: the fields of an entry in an answer to XREAD.
    std::size_t deep_list = 8;
    std::size_t reply = 8 << 20U;  // bytes of all that is kept of one reply, 64 for each item
};

class reply_filter {
public:
    static constexpr std::string_view replacement = "-HUGE";

    explicit reply_filter(reply_limits limits = {}) noexcept : limits_(limits) {}

    // Appends to `out` what is kept of `bytes`. False: it is not RESP 2, or one reply exceeds its limit;
    // what has been appended is sound, and nothing may be passed any more.
    bool pass(std::string_view bytes, std::string& out);

    // No part of a reply has come after the last whole one.
    bool is_between_replies() const noexcept { return depth_ == 0 && text_left_ == 0 && line_.empty(); }

private:
    static constexpr std::size_t deepest = 6;  // lists inside a list: hiredis takes no more
    static constexpr std::size_t longest_line = 512;
    static constexpr std::int64_t longest_text = 1LL << 40U;

    bool pass_text(std::string_view& bytes, std::string& out);
    bool pass_line(std::string_view& bytes, std::string& out);
    bool take_line(std::string_view line, std::string& out);
    bool take_text(std::string_view line, std::int64_t size, std::string& out);
    bool take_list(std::string_view line, std::int64_t size, std::string& out);
    std::size_t most_items() const noexcept;
    bool keep(std::string_view line, std::string& out);
    void end_item(std::string& out);
    bool is_skipping() const noexcept { return skipped_depth_ != 0; }

    reply_limits limits_;
    std::string line_;            // the beginning of one that has not come as a whole
    bool line_is_cut_ = false;    // it was longer, and only text
    std::int64_t text_left_ = 0;  // bytes of a text and its line end
    bool text_is_kept_ = false;
    std::array<std::int64_t, deepest + 1> left_{};  // items of the lists that are open
    std::size_t depth_ = 0;                         // of those
    std::size_t skipped_depth_ = 0;                 // of the list that is not kept; 0: none
    std::size_t kept_ = 0;                          // of this reply
};

}  // namespace gate::store
