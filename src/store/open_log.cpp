#include "open_log.hpp"

#include <gate/store/log_replies.hpp>

namespace gate::store {

core::task<link::opened> open_where_the_log_is(directory& where, std::string log, core::time_point until) {
    auto out = co_await where.open(until);
    if (!out.own) co_return out;
    const auto question = look_command(log);
    const auto got = co_await out.own->ask(question, until);
    if (got.failure != fault::none) {  // its answer may still come: nothing else is asked here (rule 30)
        out.own.reset();
        out.failure = got.failure;
    } else if (directory::leads_elsewhere(where.note(got.value))) {
        out = co_await where.open(until);
    }
    co_return out;
}

}  // namespace gate::store
