#include <gate/auth/token_facts.hpp>

namespace gate::auth {

template class basic_token_facts<real_threads>;

}  // namespace gate::auth
