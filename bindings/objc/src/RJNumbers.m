// The names of the numbers, and that the numbers are the library's.
#import <RejoinKit/RJNumbers.h>
#include <rejoin/rejoin.h>

_Static_assert((int)RJConnectionStateDisconnected == (int)RJ_STATE_DISCONNECTED,
               "the number of the contract");
_Static_assert((int)RJConnectionStateConnecting == (int)RJ_STATE_CONNECTING,
               "the number of the contract");
_Static_assert((int)RJConnectionStateConnected == (int)RJ_STATE_CONNECTED,
               "the number of the contract");
_Static_assert((int)RJConnectionStateReconnecting == (int)RJ_STATE_RECONNECTING,
               "the number of the contract");
_Static_assert((int)RJConnectionStateFailed == (int)RJ_STATE_FAILED, "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonConnecting == (int)RJ_REASON_CONNECTING,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonJoinSuccess == (int)RJ_REASON_JOIN_SUCCESS,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonInterrupted == (int)RJ_REASON_INTERRUPTED,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonBannedByServer == (int)RJ_REASON_BANNED_BY_SERVER,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonJoinFailed == (int)RJ_REASON_JOIN_FAILED,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonLeaveChannel == (int)RJ_REASON_LEAVE_CHANNEL,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonInvalidAppId == (int)RJ_REASON_INVALID_APP_ID,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonInvalidChannelName ==
                   (int)RJ_REASON_INVALID_CHANNEL_NAME,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonInvalidToken == (int)RJ_REASON_INVALID_TOKEN,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonTokenExpired == (int)RJ_REASON_TOKEN_EXPIRED,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonRejectedByServer == (int)RJ_REASON_REJECTED_BY_SERVER,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonSettingProxyServer ==
                   (int)RJ_REASON_SETTING_PROXY_SERVER,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonRenewToken == (int)RJ_REASON_RENEW_TOKEN,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonClientIPAddressChanged ==
                   (int)RJ_REASON_CLIENT_IP_ADDRESS_CHANGED,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonKeepAliveTimeout == (int)RJ_REASON_KEEP_ALIVE_TIMEOUT,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonRejoinSuccess == (int)RJ_REASON_REJOIN_SUCCESS,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonLost == (int)RJ_REASON_LOST,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonEchoTest == (int)RJ_REASON_ECHO_TEST,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonClientIPAddressChangedByUser ==
                   (int)RJ_REASON_CLIENT_IP_ADDRESS_CHANGED_BY_USER,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonSameUidLogin == (int)RJ_REASON_SAME_UID_LOGIN,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonTooManyBroadcasters ==
                   (int)RJ_REASON_TOO_MANY_BROADCASTERS,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonLicenseValidationFailure ==
                   (int)RJ_REASON_LICENSE_VALIDATION_FAILURE,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonCertificationVerifyFailure ==
                   (int)RJ_REASON_CERTIFICATION_VERIFY_FAILURE,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonStreamChannelNotAvailable ==
                   (int)RJ_REASON_STREAM_CHANNEL_NOT_AVAILABLE,
               "the number of the contract");
_Static_assert((int)RJConnectionChangedReasonInconsistentAppId == (int)RJ_REASON_INCONSISTENT_APPID,
               "the number of the contract");
_Static_assert((int)RJUserOfflineReasonQuit == (int)RJ_OFFLINE_QUIT, "the number of the contract");
_Static_assert((int)RJUserOfflineReasonDropped == (int)RJ_OFFLINE_DROPPED,
               "the number of the contract");
_Static_assert((int)RJUserOfflineReasonBecomeAudience == (int)RJ_OFFLINE_BECOME_AUDIENCE,
               "the number of the contract");
_Static_assert((int)RJNetworkTypeUnknown == (int)RJ_NETWORK_UNKNOWN, "the number of the contract");
_Static_assert((int)RJNetworkTypeDisconnected == (int)RJ_NETWORK_DISCONNECTED,
               "the number of the contract");
_Static_assert((int)RJNetworkTypeLAN == (int)RJ_NETWORK_LAN, "the number of the contract");
_Static_assert((int)RJNetworkTypeWiFi == (int)RJ_NETWORK_WIFI, "the number of the contract");
_Static_assert((int)RJNetworkType2G == (int)RJ_NETWORK_2G, "the number of the contract");
_Static_assert((int)RJNetworkType3G == (int)RJ_NETWORK_3G, "the number of the contract");
_Static_assert((int)RJNetworkType4G == (int)RJ_NETWORK_4G, "the number of the contract");
_Static_assert((int)RJNetworkType5G == (int)RJ_NETWORK_5G, "the number of the contract");
_Static_assert((int)RJClientRoleBroadcaster == (int)RJ_ROLE_BROADCASTER,
               "the number of the contract");
_Static_assert((int)RJClientRoleAudience == (int)RJ_ROLE_AUDIENCE, "the number of the contract");
_Static_assert((int)RJChannelProfileCommunication == (int)RJ_PROFILE_COMMUNICATION,
               "the number of the contract");
_Static_assert((int)RJChannelProfileLiveBroadcasting == (int)RJ_PROFILE_LIVE_BROADCASTING,
               "the number of the contract");
_Static_assert((int)RJDialect3x == (int)RJ_DIALECT_3X, "the number of the contract");
_Static_assert((int)RJDialect4x == (int)RJ_DIALECT_4X, "the number of the contract");
_Static_assert((int)RJStatusOK == (int)RJ_OK, "the number of the contract");
_Static_assert((int)RJStatusFailed == (int)RJ_ERR_FAILED, "the number of the contract");
_Static_assert((int)RJStatusInvalidArgument == (int)RJ_ERR_INVALID_ARGUMENT,
               "the number of the contract");
_Static_assert((int)RJStatusNotReady == (int)RJ_ERR_NOT_READY, "the number of the contract");
_Static_assert((int)RJStatusNotSupported == (int)RJ_ERR_NOT_SUPPORTED,
               "the number of the contract");
_Static_assert((int)RJStatusRefused == (int)RJ_ERR_REFUSED, "the number of the contract");
_Static_assert((int)RJStatusBufferTooSmall == (int)RJ_ERR_BUFFER_TOO_SMALL,
               "the number of the contract");
_Static_assert((int)RJStatusNotInitialized == (int)RJ_ERR_NOT_INITIALIZED,
               "the number of the contract");
_Static_assert((int)RJStatusInvalidState == (int)RJ_ERR_INVALID_STATE,
               "the number of the contract");
_Static_assert((int)RJStatusNoPermission == (int)RJ_ERR_NO_PERMISSION,
               "the number of the contract");
_Static_assert((int)RJStatusTimedOut == (int)RJ_ERR_TIMED_OUT, "the number of the contract");
_Static_assert((int)RJStatusJoinChannelRejected == (int)RJ_ERR_JOIN_CHANNEL_REJECTED,
               "the number of the contract");
_Static_assert((int)RJStatusLeaveChannelRejected == (int)RJ_ERR_LEAVE_CHANNEL_REJECTED,
               "the number of the contract");
_Static_assert((int)RJStatusResourceLimited == (int)RJ_ERR_RESOURCE_LIMITED,
               "the number of the contract");
_Static_assert((int)RJStatusInvalidChannelName == (int)RJ_ERR_INVALID_CHANNEL_NAME,
               "the number of the contract");
_Static_assert((int)RJStatusTokenExpired == (int)RJ_ERR_TOKEN_EXPIRED,
               "the number of the contract");
_Static_assert((int)RJStatusInvalidToken == (int)RJ_ERR_INVALID_TOKEN,
               "the number of the contract");
_Static_assert((int)RJStatusNotInChannel == (int)RJ_ERR_NOT_IN_CHANNEL,
               "the number of the contract");
_Static_assert((int)RJStatusSizeTooLarge == (int)RJ_ERR_SIZE_TOO_LARGE,
               "the number of the contract");
_Static_assert((int)RJStatusBitrateLimit == (int)RJ_ERR_BITRATE_LIMIT,
               "the number of the contract");
_Static_assert((int)RJStatusTooManyDataStreams == (int)RJ_ERR_TOO_MANY_DATA_STREAMS,
               "the number of the contract");
_Static_assert((int)RJStatusInvalidUserId == (int)RJ_ERR_INVALID_USER_ID,
               "the number of the contract");
_Static_assert((int)RJEventKindConnectionChanged == (int)RJ_EVENT_CONNECTION_CHANGED,
               "the number of the contract");
_Static_assert((int)RJEventKindDidJoinChannel == (int)RJ_EVENT_DID_JOIN_CHANNEL,
               "the number of the contract");
_Static_assert((int)RJEventKindDidRejoinChannel == (int)RJ_EVENT_DID_REJOIN_CHANNEL,
               "the number of the contract");
_Static_assert((int)RJEventKindDidLeaveChannel == (int)RJ_EVENT_DID_LEAVE_CHANNEL,
               "the number of the contract");
_Static_assert((int)RJEventKindStats == (int)RJ_EVENT_STATS, "the number of the contract");
_Static_assert((int)RJEventKindConnectionLost == (int)RJ_EVENT_CONNECTION_LOST,
               "the number of the contract");
_Static_assert((int)RJEventKindRequestToken == (int)RJ_EVENT_REQUEST_TOKEN,
               "the number of the contract");
_Static_assert((int)RJEventKindUserJoined == (int)RJ_EVENT_USER_JOINED,
               "the number of the contract");
_Static_assert((int)RJEventKindUserOffline == (int)RJ_EVENT_USER_OFFLINE,
               "the number of the contract");
_Static_assert((int)RJEventKindUserInterrupted == (int)RJ_EVENT_USER_INTERRUPTED,
               "the number of the contract");
_Static_assert((int)RJEventKindUserResumed == (int)RJ_EVENT_USER_RESUMED,
               "the number of the contract");
_Static_assert((int)RJEventKindTokenPrivilegeWillExpire ==
                   (int)RJ_EVENT_TOKEN_PRIVILEGE_WILL_EXPIRE,
               "the number of the contract");
_Static_assert((int)RJEventKindRenewTokenResult == (int)RJ_EVENT_RENEW_TOKEN_RESULT,
               "the number of the contract");
_Static_assert((int)RJEventKindNetworkChanged == (int)RJ_EVENT_NETWORK_CHANGED,
               "the number of the contract");
_Static_assert((int)RJEventKindClientRoleChanged == (int)RJ_EVENT_CLIENT_ROLE_CHANGED,
               "the number of the contract");
_Static_assert((int)RJEventKindClientRoleChangeFailed == (int)RJ_EVENT_CLIENT_ROLE_CHANGE_FAILED,
               "the number of the contract");
_Static_assert((int)RJEventKindStreamMessage == (int)RJ_EVENT_STREAM_MESSAGE,
               "the number of the contract");
_Static_assert((int)RJEventKindStreamMessageError == (int)RJ_EVENT_STREAM_MESSAGE_ERROR,
               "the number of the contract");
_Static_assert((int)RJEventKindEventsDropped == (int)RJ_EVENT_EVENTS_DROPPED,
               "the number of the contract");
_Static_assert((int)RJEventKindAttempt == (int)RJ_EVENT_ATTEMPT, "the number of the contract");
_Static_assert((int)RJAttemptOutcomeStarted == (int)RJ_ATTEMPT_STARTED,
               "the number of the contract");
_Static_assert((int)RJAttemptOutcomeAccepted == (int)RJ_ATTEMPT_ACCEPTED,
               "the number of the contract");
_Static_assert((int)RJAttemptOutcomeRefused == (int)RJ_ATTEMPT_REFUSED,
               "the number of the contract");
_Static_assert((int)RJAttemptOutcomeBusy == (int)RJ_ATTEMPT_BUSY, "the number of the contract");
_Static_assert((int)RJAttemptOutcomeTimedOut == (int)RJ_ATTEMPT_TIMED_OUT,
               "the number of the contract");
_Static_assert((int)RJAttemptOutcomeAbandoned == (int)RJ_ATTEMPT_ABANDONED,
               "the number of the contract");
_Static_assert((int)RJTokenPrivilegeJoin == (int)RJ_PRIVILEGE_JOIN, "the number of the contract");
_Static_assert((int)RJTokenPrivilegeAudio == (int)RJ_PRIVILEGE_AUDIO, "the number of the contract");
_Static_assert((int)RJTokenPrivilegeVideo == (int)RJ_PRIVILEGE_VIDEO, "the number of the contract");
_Static_assert((int)RJTokenPrivilegeData == (int)RJ_PRIVILEGE_DATA, "the number of the contract");

static NSString *text(const char *name) {
  return [NSString stringWithUTF8String:name];
}

static NSString *word(NSInteger number, const char *const *words, NSInteger count) {
  if (number < 0 || number >= count)
    return [NSString stringWithFormat:@"unknown(%ld)", (long)number];
  return text(words[number]);
}

NSString *RJConnectionStateName(RJConnectionState state) {
  return text(rj_state_name((int32_t)state));
}

NSString *RJConnectionChangedReasonName(RJConnectionChangedReason reason) {
  return text(rj_reason_name((int32_t)reason));
}

NSString *RJUserOfflineReasonName(RJUserOfflineReason reason) {
  return text(rj_offline_reason_name((int32_t)reason));
}

NSString *RJNetworkTypeName(RJNetworkType type) {
  return text(rj_network_name((int32_t)type));
}

NSString *RJClientRoleName(RJClientRole role) {
  return text(rj_role_name((int32_t)role));
}

NSString *RJStatusName(RJStatus status) {
  return text(rj_status_name((int32_t)status));
}

NSString *RJEventName(RJEventKind kind) {
  return text(rj_event_name((int32_t)kind));
}

NSString *RJAttemptOutcomeName(RJAttemptOutcome outcome) {
  static const char *const words[] = {"started", "accepted",  "refused",
                                      "busy",    "timed out", "abandoned"};
  return word(outcome, words, sizeof words / sizeof words[0]);
}

NSString *RJRenewTokenCodeName(RJRenewTokenCode code) {
  static const char *const words[] = {
      "ok", "failure", "expired", "invalid", "wrong channel", "wrong app id", "cancelled"};
  return word(code, words, sizeof words / sizeof words[0]);
}

NSString *RJVersion(void) {
  return text(rj_version());
}
