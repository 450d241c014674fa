//! The list itself.

/// A `#[test]` of each function.
#[doc(hidden)]
#[macro_export]
macro_rules! adapter_tests_of {
    ($adapter:ty, $($module:ident: [$($name:ident),* $(,)?])*) => {
        $($(
            #[test]
            fn $name() {
                $crate::adapter::$module::$name::<$adapter>();
            }
        )*)*
    };
}

/// The tests that every adapter passes, whatever it is built with, as `#[test]`s.
#[macro_export]
macro_rules! adapter_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            line: [
                events_come_in_order_after_login_and_subscribe,
                what_is_desired_from_the_start_is_in_force_when_connect_returns,
                a_wrong_password_is_a_typed_error_after_exactly_one_connection,
                a_kill_is_told_as_down_live_and_gap_in_one_stream,
                a_broken_frame_is_answered_with_its_close_code_and_the_line_replaced,
                closing_says_goodbye_and_ends_the_events_once,
                a_line_outlives_its_clients_and_is_closed_with_its_events,
                a_line_outlives_its_events_and_is_closed_with_its_clients,
                an_address_that_never_worked_is_an_error_at_once,
                with_retry_first_connect_waits_until_the_server_is_there,
                an_http_refusal_keeps_its_status,
                a_server_that_never_answers_the_opening_is_given_up,
                a_login_that_is_never_answered_is_given_up,
                a_mute_line_is_found_dead_and_replaced,
                pings_keep_a_quiet_line_alive,
                edits_without_a_line_are_deferred_and_in_force_on_the_next_one,
                credentials_are_asked_anew_for_each_dial,
                without_credentials_nothing_is_dialled,
                a_command_that_the_dialect_lacks_is_not_sent,
                commands_of_many_threads_are_all_answered,
                instants_of_events_map_to_wall_time,
                an_address_that_is_none_is_refused_in_words,
            ]
            chaos: [
                a_stream_of_wsi_survives_100_kills,
                whatever_fails_each_event_of_wsi_comes_once_or_lies_in_a_gap,
                a_half_open_line_of_wsi_is_found_and_replaced,
                a_handler_that_sleeps_keeps_its_line_of_wsi,
                what_a_slow_handler_of_wsi_drops_is_counted,
                a_slow_handler_of_wsi_ends_its_line_if_it_wishes,
            ]
            overflow: [
                block_makes_the_server_wait_and_loses_nothing,
                replies_come_while_events_are_left_unread,
                drop_oldest_keeps_the_newest_and_says_how_many_are_gone,
                close_ends_the_line_with_its_reason,
            ]
            proxy: [
                a_tunnel_is_asked_for_with_connect_and_basic_authentication,
                a_refusal_names_the_variable_and_no_secret,
                a_proxy_that_hangs_up_is_told_from_a_server_that_does,
                other_kinds_of_proxies_are_refused_in_words,
                exceptions_and_this_machine_are_reached_directly,
            ]
        }
    };
}

/// The tests that every adapter with TLS passes, as `#[test]`s.
#[macro_export]
macro_rules! adapter_tls_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            tls: [
                a_self_signed_certificate_is_accepted_under_its_pin,
                a_self_signed_certificate_is_accepted_as_its_own_authority,
                a_certificate_is_accepted_by_its_authority,
                any_certificate_is_accepted_insecurely,
                whatever_refuses_a_certificate_names_the_pin_that_would_accept_it,
                a_server_without_tls_is_told_from_a_bad_certificate,
                a_server_that_hangs_up_in_the_handshake_is_tried_again,
                tls_goes_through_the_tunnel_of_a_proxy,
                a_handshake_that_never_ends_is_given_up_at_the_deadline,
            ]
            certificates: [lines_of_wsi_obey_the_table_of_certificates]
            chaos: [a_stream_of_wsi_over_tls_survives_100_kills]
        }
    };
}

/// The test that every adapter without TLS passes, as a `#[test]`.
#[macro_export]
macro_rules! adapter_no_tls_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            line: [without_tls_built_in_wss_is_refused_in_words]
        }
    };
}

/// The tests that every adapter passes for calls over HTTP with TLS built in, as `#[test]`s.
#[macro_export]
macro_rules! adapter_http_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            http: [
                a_call_says_who_asks_and_brings_the_reply,
                reads_share_a_connection_and_commands_get_their_own,
                a_read_on_a_connection_that_the_server_closed_is_asked_again_on_a_new_one,
                a_read_on_a_new_connection_is_not_repeated,
                a_command_is_written_once_wherever_the_answer_breaks,
                a_command_that_breaks_while_it_is_written_may_have_been_sent,
                an_answer_of_an_error_is_kept_with_its_class,
                a_body_beyond_the_limit_is_refused_with_and_without_a_length,
                what_is_no_http_is_an_error,
                a_server_that_never_answers_is_given_up,
                without_a_server_nothing_was_sent,
                a_download_comes_in_pieces_and_ends_only_when_whole,
                a_download_that_stalls_is_given_up,
                a_certificate_that_is_not_trusted_is_an_error_that_names_the_pin,
                calls_go_over_tls_under_a_pin,
            ]
            cloudpbx: [
                a_read_fails_over_and_stays_with_the_address_that_answered,
                a_refused_key_is_not_tried_elsewhere,
                commands_are_written_once_to_one_address_wherever_the_answer_breaks,
                commands_are_written_once_to_one_address_wherever_the_request_breaks,
                a_long_range_is_asked_for_in_parts_until_none_is_cut_off,
                a_recording_of_256_mib_never_has_8_mib_in_memory,
                a_recording_that_breaks_off_is_an_error_and_no_file,
                what_is_no_recording_leaves_the_file_that_was_there,
            ]
            certificates: [
                calls_obey_the_table_of_certificates,
                calls_of_cloudpbx_obey_the_table_of_certificates,
            ]
        }
    };
}

/// The test of what is logged, as a `#[test]`: it must be alone in its file.
#[macro_export]
macro_rules! adapter_trace_test {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            trace: [an_insecure_trust_is_warned_of_on_every_connect_and_no_secret_is_logged]
        }
    };
}

/// The tests that every adapter passes for CloudPBX's event stream, as `#[test]`s.
#[macro_export]
macro_rules! adapter_stream_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            stream: [
                events_come_in_order_with_the_numbers_of_their_messages,
                a_lost_line_is_told_as_down_live_gap_and_stale,
                a_close_with_a_refusal_is_the_end_with_its_status,
                a_refusal_is_tried_again_if_the_policy_says_so,
                an_http_refusal_is_final,
                the_key_is_asked_anew_for_each_dial,
                without_a_key_nothing_is_dialled,
                a_pbx_that_handles_one_frame_a_read_stays_in_step,
                an_sms_state_before_the_answer_is_found,
                an_sms_is_waited_for_across_a_lost_line_and_says_so,
                an_sms_without_a_final_state_ends_with_the_last_one,
                a_stream_that_ends_ends_the_wait_for_an_sms,
                no_sms_is_sent_while_the_stream_is_down,
                an_sms_that_is_refused_is_an_error,
            ]
            chaos: [
                a_stream_of_cloudpbx_survives_100_kills,
                whatever_fails_each_event_of_cloudpbx_comes_once_or_lies_in_a_gap,
                a_half_open_line_of_cloudpbx_is_found_and_replaced,
                a_handler_that_sleeps_keeps_its_line_of_cloudpbx,
                what_a_slow_handler_of_cloudpbx_drops_is_counted,
                a_slow_handler_of_cloudpbx_ends_its_line_if_it_wishes,
            ]
        }
    };
}

/// The tests that every adapter with TLS passes for CloudPBX's event stream, as `#[test]`s.
#[macro_export]
macro_rules! adapter_stream_tls_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            certificates: [streams_obey_the_table_of_certificates]
        }
    };
}

/// The test of what is logged of an event stream, as a `#[test]`: it must be alone in its file.
#[macro_export]
macro_rules! adapter_stream_trace_test {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            stream_trace: [a_key_is_neither_logged_nor_printed]
        }
    };
}

/// The tests that every adapter passes for PortSIP IM, whatever it is built with, as `#[test]`s.
#[macro_export]
macro_rules! adapter_im_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            im: [
                every_flow_of_the_document_is_played,
                each_request_brings_a_reply_of_its_own_kind,
                topics_of_the_configuration_are_attached_when_connect_returns,
                what_was_published_since_a_mark_comes_first,
                a_line_lost_in_the_middle_of_history_is_refilled_exactly_once,
                each_request_has_one_outcome_over_kills_and_no_message_is_missed,
                a_request_that_is_never_answered_fails_at_its_deadline_and_the_line_lives,
                edits_of_topics_without_a_line_are_in_force_on_the_next_one,
                a_late_consumer_loses_nothing_and_requests_behind_it_fail,
                the_token_is_asked_anew_for_each_dial,
                a_refused_login_is_final_and_one_of_a_failing_server_is_not,
                a_hello_goes_first_where_it_is_wanted,
                closing_says_goodbye_and_ends_the_events_once,
            ]
            chaos: [
                a_stream_of_im_survives_100_kills,
                whatever_fails_each_message_of_im_comes_once,
                a_half_open_line_of_im_is_found_and_replaced,
                a_handler_that_sleeps_keeps_its_line_of_im,
                what_a_slow_handler_of_im_drops_is_counted,
                a_slow_handler_of_im_ends_its_line_if_it_wishes,
            ]
        }
    };
}

/// The tests that every adapter with TLS passes for PortSIP IM, as `#[test]`s.
#[macro_export]
macro_rules! adapter_im_tls_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            im: [
                every_flow_of_the_document_is_played_over_tls,
                each_request_brings_a_reply_of_its_own_kind_over_tls,
            ]
            certificates: [lines_of_im_obey_the_table_of_certificates]
        }
    };
}

/// The test of what is logged of an IM line, as a `#[test]`: it must be alone in its file.
#[macro_export]
macro_rules! adapter_im_trace_test {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            im: [a_token_is_neither_logged_nor_printed]
        }
    };
}

/// The tests that every adapter passes for Axeos with TLS built in, as `#[test]`s.
#[macro_export]
macro_rules! adapter_axeos_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            axeos: [
                the_place_comes_first_then_the_lists_then_events_in_order,
                a_lost_connection_is_a_gap_that_is_recovered_when_the_log_is_still_there,
                a_restarted_server_is_told_by_resynced_whether_it_counts_anew_or_goes_on,
                a_failed_answer_is_asked_for_again_from_the_same_place,
                a_poll_that_hangs_is_given_up_by_its_own_deadline,
                a_server_that_closes_after_each_answer_loses_nothing,
                a_refusal_ends_it_at_the_start_and_later,
                a_server_that_says_when_to_retry_is_obeyed,
                an_answer_that_is_empty_at_once_does_not_spin,
                closing_drops_the_poll_that_waits_at_once,
                dropping_both_ends_drops_the_poll_that_waits,
                commands_go_beside_the_poll_that_waits,
                a_call_is_posted_once_wherever_its_answer_breaks,
                without_a_line_no_call_is_made,
                a_client_goes_on_where_another_was,
                an_address_that_never_worked_is_an_error_at_once_and_waited_for_if_that_is_wished,
                each_way_to_say_who_asks_is_on_the_wire_and_in_no_debug,
                events_come_over_tls_under_a_pin,
                wherever_an_answer_is_cut_what_is_delivered_and_gaps_cover_the_log_and_nothing_comes_twice,
                whenever_a_server_is_restarted_its_log_is_delivered_or_in_a_gap,
                block_asks_for_nothing_more_and_loses_nothing,
                drop_oldest_keeps_the_newest_and_counts_the_others,
                close_ends_it_with_its_reason,
                single_calls_need_no_line,
                a_poll_and_a_call_are_never_repeated_and_a_list_once,
            ]
            chaos: [
                a_stream_of_axeos_survives_100_kills,
                whatever_fails_each_event_of_axeos_comes_once_or_lies_in_a_gap,
                a_half_open_poll_of_axeos_is_found_and_replaced,
                a_handler_that_sleeps_keeps_its_line_of_axeos,
                what_a_slow_handler_of_axeos_drops_is_counted,
                a_slow_handler_of_axeos_ends_its_line_if_it_wishes,
            ]
            certificates: [
                lines_of_axeos_obey_the_table_of_certificates,
                calls_of_axeos_obey_the_table_of_certificates,
            ]
        }
    };
}

/// The test of what is logged of Axeos, as a `#[test]`: it must be alone in its file.
#[macro_export]
macro_rules! adapter_axeos_trace_test {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            axeos: [no_secret_of_axeos_is_logged]
        }
    };
}

/// The tests that every adapter passes for the files and access tokens of PortSIP IM, as `#[test]`s.
#[macro_export]
macro_rules! adapter_im_http_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            im_files: [
                an_upload_says_who_asks_and_brings_the_file,
                a_download_brings_the_file_and_a_harmless_name,
                a_download_stands_where_its_name_decides_and_replaces_nothing_unasked,
                what_is_too_long_is_neither_sent_nor_taken,
                an_upload_whose_source_fails_anywhere_is_never_whole_at_the_server,
                an_upload_whose_line_is_cut_anywhere_is_an_error_that_says_how_much_was_sent,
                a_download_cut_anywhere_is_an_error_and_no_file,
                a_download_that_is_refused_leaves_the_file_that_was_there,
                a_redirect_within_the_host_is_followed_with_the_token_and_no_other_is,
                a_redirect_of_an_upload_is_a_refusal,
                a_refused_token_is_asked_for_anew_once_and_the_file_sent_from_its_beginning,
                a_download_with_a_refused_token_is_asked_for_once_more,
                the_same_token_again_is_not_sent_again,
                without_a_token_nothing_is_dialled,
                an_early_refusal_of_a_long_upload_is_heard,
                a_server_that_takes_nothing_is_given_up,
                files_of_256_mib_never_have_8_mib_in_memory,
            ]
            im_tokens: [
                a_token_is_got_once_and_kept,
                many_who_want_a_token_make_one_login,
                a_token_is_refreshed_when_it_is_due,
                a_refused_refresh_is_followed_by_a_login,
                a_refused_token_is_replaced_once_and_then_there_are_no_more,
                a_refused_login_is_final,
                a_failing_server_is_asked_again_when_a_token_is_wanted_again,
                a_replacement_that_cannot_be_got_is_an_error_and_one_given_by_hand_is_used,
                a_second_factor_ends_it_until_a_token_is_given_by_hand,
                a_revoked_token_is_not_used_again,
                each_dial_of_a_chat_has_a_token_that_is_good_then,
                no_secret_is_printed,
            ]
        }
    };
}

/// The tests that every adapter with TLS passes for the files and access tokens of PortSIP IM, as `#[test]`s.
#[macro_export]
macro_rules! adapter_im_https_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            certificates: [
                files_obey_the_table_of_certificates,
                tokens_obey_the_table_of_certificates,
            ]
        }
    };
}
