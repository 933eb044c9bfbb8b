# Unity builds: for the builds that only look for errors, a layer's sources compiled together, so that the headers of
# others and their templates are met once: a third of the time. The release build compiles each source alone, and so
# does clang-tidy, which has no precompiled headers either and notices a missing #include line.
option(GATE_UNITY "Compile the sources of a layer together" OFF)
option(GATE_UNITY_TESTS "Those of a unit test, too: for a build that begins cold" OFF)
# 270 seconds of a processor in place of 530, on a machine where both are taken.
option(GATE_QUICK "For a first look: sooner built, with less optimization and without debug information" OFF)
if(GATE_QUICK)
  set(GATE_UNITY ON)
endif()

# Those whose names in unnamed namespaces are others' names, too. What is missing here does not compile in such a build.
set(GATE_APART
  src/app/admin_call.cpp src/app/block_endpoints.cpp src/app/certificates.cpp src/app/echo_server.cpp
  src/app/fleet_word.cpp src/app/log_level_endpoints.cpp src/app/operating_server.cpp src/app/operator_connection.cpp
  src/app/operator_endpoints.cpp src/app/page_state.cpp src/app/refusals.cpp src/app/span_shipping.cpp
  src/app/doctor/chain_look.cpp src/app/doctor/chain_section.cpp src/app/doctor/doctor.cpp src/app/doctor/extra.cpp
  src/app/doctor/fleet_look.cpp src/app/doctor/gate_section.cpp src/app/doctor/opened_echo.cpp
  src/app/doctor/spoof_section.cpp src/app/doctor/stage.cpp src/app/doctor/talk.cpp src/app/doctor/upstream_look.cpp
  src/auth/shared_state.cpp
  src/config/addresses.cpp src/config/print.cpp src/config/telemetry_rules.cpp
  src/config/tls_changes.cpp
  src/core/asio_impl.cpp
  src/emulator/control.cpp src/emulator/options.cpp src/emulator/server.cpp
  src/export/call_end.cpp
  src/http/rewrite_downstream.cpp
  src/net/listener.cpp src/net/listening_socket.cpp src/net/socket_file.cpp
  src/net/tls_client.cpp src/net/tls_files.cpp src/net/tls_handshake.cpp src/net/tls_server.cpp src/net/tls_state.cpp
  src/store/fleet_requests.cpp src/store/fleet_runner.cpp src/store/log_survey.cpp src/store/log_trial.cpp
  src/store/message_codec.cpp src/store/outbox.cpp src/store/reply_filter.cpp src/store/scripts.cpp
  src/telemetry/timestamp.cpp
  src/verify/cache_control.cpp
  tests/simulation/fleet/fleet_flight.cpp tests/simulation/fleet/fleet_run.cpp
  tests/unit/app/block_list_watch_test.cpp tests/unit/app/certificate_dates_test.cpp
  tests/unit/app/certificates_test.cpp tests/unit/app/echo_endpoints_test.cpp tests/unit/app/echo_server_test.cpp
  tests/unit/app/full_house_test.cpp tests/unit/app/key_watch_test.cpp tests/unit/app/log_levels_test.cpp
  tests/unit/app/operating_server_test.cpp tests/unit/app/page_state_test.cpp
  tests/unit/app/proxy_header_notes_test.cpp tests/unit/app/shadow_notice_test.cpp
  tests/unit/app/shared_answer_test.cpp tests/unit/app/upstream_directory_test.cpp
  tests/unit/app/worker_group_test.cpp tests/unit/app/worker_test.cpp tests/unit/app/worker_upstreams_test.cpp
  tests/unit/app/doctor/config_section_test.cpp tests/unit/app/doctor/report_test.cpp
  tests/unit/auth/access_test.cpp tests/unit/auth/authenticator_fleet_test.cpp tests/unit/auth/authenticator_test.cpp
  tests/unit/auth/call_delays_test.cpp tests/unit/auth/configure_test.cpp tests/unit/auth/failed_tokens_test.cpp
  tests/unit/auth/failure_comparison_test.cpp tests/unit/auth/fleet_budget_test.cpp
  tests/unit/auth/fleet_clock_test.cpp tests/unit/auth/fleet_fold_test.cpp tests/unit/auth/fleet_key_ids_test.cpp
  tests/unit/auth/fleet_member_test.cpp tests/unit/auth/fleet_miss_test.cpp tests/unit/auth/fleet_model_test.cpp
  tests/unit/auth/freshness_test.cpp tests/unit/auth/governor_core_test.cpp tests/unit/auth/governor_fleet_test.cpp
  tests/unit/auth/governor_unknown_test.cpp tests/unit/auth/probe_turns_test.cpp tests/unit/auth/shared_state_test.cpp
  tests/unit/auth/single_flight_test.cpp tests/unit/auth/token_facts_orders_test.cpp
  tests/unit/auth/token_facts_test.cpp
  tests/unit/client/hostile_server_test.cpp tests/unit/client/http_client_test.cpp
  tests/unit/client/http_client_tls_test.cpp tests/unit/client/kept_connections_test.cpp
  tests/unit/client/pinned_tls_test.cpp tests/unit/client/quiet_connection_test.cpp
  tests/unit/config/admin_token_test.cpp tests/unit/config/reference_test.cpp tests/unit/config/reload_test.cpp
  tests/unit/config/telemetry_test.cpp tests/unit/config/tls_test.cpp tests/unit/config/yaml_tree_test.cpp
  tests/unit/emulator/fake_gate_test.cpp tests/unit/emulator/rate_window_test.cpp
  tests/unit/emulator/token_store_test.cpp
  tests/unit/export/delivery_test.cpp tests/unit/export/span_exporter_test.cpp
  tests/unit/http/error_texts_test.cpp tests/unit/http/rewrite_upstream_test.cpp
  tests/unit/net/connection_pool_test.cpp tests/unit/net/connection_slots_test.cpp tests/unit/net/connector_test.cpp
  tests/unit/net/listener_test.cpp tests/unit/net/pool_core_test.cpp tests/unit/net/pool_tls_test.cpp
  tests/unit/net/proxy_greeting_test.cpp tests/unit/net/socket_file_test.cpp tests/unit/net/ticket_keys_test.cpp
  tests/unit/net/tls_record_test.cpp tests/unit/net/tls_stream_test.cpp
  tests/unit/protocol/http1_inbound_test.cpp
  tests/unit/proxy/exchange_test.cpp tests/unit/proxy/exchange_token_test.cpp tests/unit/proxy/pace_test.cpp
  tests/unit/proxy/relay_test.cpp tests/unit/proxy/session_end_test.cpp tests/unit/proxy/session_test.cpp
  tests/unit/proxy/token_watch_test.cpp tests/unit/proxy/tunnel_test.cpp
  tests/unit/store/fleet_requests_test.cpp tests/unit/store/log_cursor_test.cpp tests/unit/store/places_test.cpp
  tests/unit/store/presence_test.cpp tests/unit/store/sentinels_test.cpp
  tests/unit/verify/cache_control_test.cpp tests/unit/verify/codec_test.cpp tests/unit/verify/key_ring_test.cpp)

# gate_unity(TARGET [TEST]): called in the folder of its sources.
function(gate_unity target)
  cmake_parse_arguments(arg "TEST" "" "" ${ARGN})
  if(NOT GATE_UNITY AND NOT (arg_TEST AND GATE_UNITY_TESTS))
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It takes all sources but the one it is given for headers, and warns of their unnamed namespaces.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${source})
    if(path IN_LIST GATE_APART)
      set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
endfunction()
