#pragma once
// A walk through an intrusive list that takes its time: between two steps elements may come and go.

namespace gate::core {

template <class List>
class list_walk {
public:
    // `list` outlives this object.
    explicit list_walk(List& list) noexcept : list_(list), next_(list.end()) {}

    void begin() noexcept { next_ = list_.begin(); }
    bool is_over() const noexcept { return next_ == list_.end(); }

    // Precondition: it is not over. What is appended until then is visited, too.
    typename List::value_type& next() noexcept { return *next_++; }

    // To be called before `element` leaves the list.
    void forget(const typename List::value_type& element) noexcept {
        if (!is_over() && &*next_ == &element) ++next_;
    }

private:
    List& list_;
    typename List::iterator next_;
};

}  // namespace gate::core
