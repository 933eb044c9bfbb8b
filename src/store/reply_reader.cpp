#include <gate/store/reply_reader.hpp>

#include <hiredis/read.h>
#include <new>
#include <utility>

namespace gate::store {
namespace {

// Where hiredis wants the value of a task: the root, which is ours until it is taken, or an item of a list.
reply* place_of(const redisReadTask* task) {
    if (task->parent == nullptr) return new (std::nothrow) reply;
    return &static_cast<reply*>(task->parent->obj)->items[static_cast<std::size_t>(task->idx)];
}

// hiredis is C: no exception may pass through it. Null makes it fail.
template <class Fill>
void* make(const redisReadTask* task, Fill fill) noexcept {
    auto* const out = place_of(task);
    if (out == nullptr) return nullptr;
    try {
        fill(*out);
        return out;
    } catch (const std::bad_alloc&) {
        if (task->parent == nullptr) delete out;
        return nullptr;
    }
}

void* make_text(const redisReadTask* task, char* text, std::size_t size) noexcept {
    return make(task, [&](reply& out) {
        const std::string_view all(text, size);
        const bool is_error = task->type == REDIS_REPLY_ERROR;
        if (is_error && all == reply_filter::replacement.substr(1)) {
            out.is = reply::form::too_large;
            return;
        }
        out.is = is_error ? reply::form::error : reply::form::text;
        out.text = all;
    });
}

// `Size` depends on the version of hiredis.
template <class Size>
void* make_list(const redisReadTask* task, Size size) noexcept {
    return make(task, [&](reply& out) {
        out.is = reply::form::list;
        out.items.resize(static_cast<std::size_t>(size));
    });
}

void* make_number(const redisReadTask* task, long long value) noexcept {
    return make(task, [&](reply& out) {
        out.is = reply::form::number;
        out.number = value;
    });
}

void* make_nothing(const redisReadTask* task) noexcept {
    return make(task, [](reply&) {});
}

void destroy(void* root) noexcept {
    delete static_cast<reply*>(root);
}

// By name: newer versions have more of them, for types that RESP 2 has not.
redisReplyObjectFunctions our_functions() noexcept {
    redisReplyObjectFunctions out{};
    out.createString = make_text;
    out.createArray = make_list;
    out.createInteger = make_number;
    out.createNil = make_nothing;
    out.freeObject = destroy;
    return out;
}
redisReplyObjectFunctions functions = our_functions();

}  // namespace

void reply_reader::free_reader::operator()(redisReader* reader) const noexcept {
    redisReaderFree(reader);
}

reply_reader::reply_reader(reply_limits limits)
    : filter_(limits), inner_(redisReaderCreateWithFunctions(&functions)) {
    if (!inner_) throw std::bad_alloc();
}

bool reply_reader::feed(std::string_view bytes) {
    if (has_failed_) return false;
    kept_.clear();
    has_failed_ = !filter_.pass(bytes, kept_);
    if (!kept_.empty() && redisReaderFeed(inner_.get(), kept_.data(), kept_.size()) != REDIS_OK)
        has_failed_ = true;
    return !has_failed_;
}

std::optional<reply> reply_reader::next() {
    void* root = nullptr;
    if (redisReaderGetReply(inner_.get(), &root) != REDIS_OK) {
        has_failed_ = true;
        return {};
    }
    if (root == nullptr) return {};
    const std::unique_ptr<reply> own(static_cast<reply*>(root));
    return std::move(*own);
}

bool reply_reader::is_between_replies() const noexcept {
    return filter_.is_between_replies() && inner_->pos == inner_->len;
}

}  // namespace gate::store
