#include <gate/auth/circuit.hpp>

#include <catch.hpp>

using subject_type = gate::auth::circuit<int, 3>;

TEST_CASE("a circuit opens to those whose calls fail, and to all once there are enough of them") {
    subject_type subject(5);
    for (int i = 0; i < 4; ++i) subject.note_failure(1);
    CHECK_FALSE(subject.is_open_to(1));
    subject.note_failure(1);
    CHECK(subject.is_open_to(1));
    CHECK(subject.is_open_to_some());
    CHECK_FALSE(subject.is_open_to(2));
    for (int i = 0; i < 100; ++i) subject.note_failure(1);
    CHECK_FALSE(subject.is_open_to(2));
    subject.note_failure(2);
    CHECK(subject.is_open_to(2));
    CHECK_FALSE(subject.is_open());
    subject.note_failure(3);
    CHECK(subject.is_open());
    CHECK(subject.is_open_to(4));
    subject.note_failure(4);
    CHECK(subject.is_open());
}

TEST_CASE("a circuit needs failures in a row, however many they are for") {
    subject_type subject(5);
    for (int i = 0; i < 4; ++i) subject.note_failure(i);
    CHECK_FALSE(subject.is_open());
    CHECK_FALSE(subject.is_open_to(0));
    subject.reset();
    for (int i = 0; i < 4; ++i) subject.note_failure(i);
    CHECK_FALSE(subject.is_open());
    subject.note_failure(0);
    CHECK(subject.is_open());
    subject.reset();
    CHECK_FALSE(subject.is_open());
    CHECK_FALSE(subject.is_open_to_some());
    subject.note_failure(0);
    CHECK_FALSE(subject.is_open_to(0));
}
