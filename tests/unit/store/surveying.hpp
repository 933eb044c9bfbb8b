#pragma once
// One reading of a store, and what it has heard.

#include "replica.hpp"

#include <gate/store/log_survey.hpp>

#include <algorithm>
#include <catch.hpp>
#include <optional>

namespace gate::test {

struct notebook final : store::survey_listener {
    unsigned samples = 0;
    std::vector<auth::fleet_message> messages;

    void sampled(const auth::clock_sample& sample) override {
        CHECK(sample.sent <= sample.received);
        ++samples;
    }
    void heard(const auth::fleet_message& message) override { messages.push_back(message); }

    std::size_t count(auth::fleet_kind what) const {
        return static_cast<std::size_t>(std::ranges::count(messages, what, &auth::fleet_message::kind));
    }
};

inline core::task<> put_into(core::task<store::survey> work, std::optional<store::survey>& out) {
    out = co_await std::move(work);
}

inline store::survey survey(const store::fleet_log_options& options, notebook& by) {
    loop here;
    std::optional<store::survey> out;
    core::spawn(
        put_into(store::survey_store(here.context.get_executor(), here.wheel, options, fleet_keys_of_test(),
                                     by, core::clock::now() + std::chrono::seconds(20)),
                 out));
    here.run_until([&] { return out.has_value(); });
    return *out;
}

// After exercise(): a reading hears what the replicas have told.
inline void survey_hears(const store::fleet_log_options& options) {
    notebook by;
    const auto found = survey(options, by);
    INFO(to_string(found.failure) << ' ' << found.said);
    CHECK(found.failure == store::fault::none);
    CHECK(found.replicas >= 1);
    CHECK(by.samples == 1);
    using auth::fleet_kind;
    for (const auto each :
         {fleet_kind::verdict, fleet_kind::revocation, fleet_kind::block, fleet_kind::purge})
        CHECK(by.count(each) >= 1);
}

}  // namespace gate::test
