#include "fleet_beat.hpp"

#include <gate/store/command.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace gate::store {

script_call fleet_beat::call() const {
    return beat_call(on_.names, on_.replica, on_.bounds);
}

std::string fleet_beat::probe() const {
    const auto whole = call();
    std::string out;
    begin_command(out, 3 + whole.keys.size() + whole.arguments.size());
    const auto count = std::to_string(whole.keys.size());
    append_words(out, std::array<std::string_view, 3>{"EVAL", whole.script->text, count});
    for (const auto* part : {&whole.keys, &whole.arguments})
        append_words(out, std::vector<std::string_view>(part->begin(), part->end()));
    return out;
}

bool fleet_beat::take(const command_outcome& outcome) {
    if (outcome.failure != fault::none) return false;
    const auto got = beat_in(outcome.value);
    if (!got) {
        on_.listener.rejected(auth::fleet_defect::reply);
        return false;
    }
    on_.sample(got->at, outcome);
    on_.counters.set_replicas(got->replicas);
    next_ = core::clock::now() + between_beats;
    if (!got->was_known) forgotten_();
    return true;
}

void fleet_beat::send_due(core::time_point now) {
    if (now < next_) return;
    next_ = now + between_beats;
    on_.run(call(), operation::beat, on_.deadline(),
            [this](const command_outcome& outcome) { take(outcome); });
}

}  // namespace gate::store
