// The numbers of the contract. Each kind is open: a number that this version does not know stays as
// it is.
#import <RejoinKit/RJBase.h>

RJ_NOTHING_NIL_BEGIN

/// The five states of an engine (SPEC section 1).
typedef RJ_NUMBERS(RJConnectionState){
    /// Not in a channel and not trying.
    RJConnectionStateDisconnected = 1,
    /// Join was called, no answer yet.
    RJConnectionStateConnecting = 2,
    /// In the channel.
    RJConnectionStateConnected = 3,
    /// The edge was not heard for 4 s or does not know us; rejoining.
    RJConnectionStateReconnecting = 4,
    /// Refused, removed, or 20 minutes without success; leave, then join again.
    RJConnectionStateFailed = 5,
} RJ_SWIFT_NAME(ConnectionState);

/// Why the state changed (SPEC section 1).
typedef RJ_NUMBERS(RJConnectionChangedReason){
    /// Join was called.
    RJConnectionChangedReasonConnecting = 0,
    /// Joined; in dialect 3x also rejoined.
    RJConnectionChangedReasonJoinSuccess = 1,
    /// No proof for 4 s.
    RJConnectionChangedReasonInterrupted = 2,
    /// Kicked or banned.
    RJConnectionChangedReasonBannedByServer = 3,
    /// 20 minutes without success.
    RJConnectionChangedReasonJoinFailed = 4,
    /// The app left.
    RJConnectionChangedReasonLeaveChannel = 5,
    /// The edge does not know the app id.
    RJConnectionChangedReasonInvalidAppId = 6,
    /// The edge refuses the name.
    RJConnectionChangedReasonInvalidChannelName = 7,
    /// Malformed, or not for this user here.
    RJConnectionChangedReasonInvalidToken = 8,
    /// The token or its privilege to join ran out.
    RJConnectionChangedReasonTokenExpired = 9,
    /// Any other lasting refusal.
    RJConnectionChangedReasonRejectedByServer = 10,
    /// Reserved.
    RJConnectionChangedReasonSettingProxyServer = 11,
    /// A new token revived it after 9; only in 4x.
    RJConnectionChangedReasonRenewToken = 12,
    /// The connection could not move along.
    RJConnectionChangedReasonClientIPAddressChanged = 13,
    /// The edge does not know us any more, or is restarting.
    RJConnectionChangedReasonKeepAliveTimeout = 14,
    /// Rejoined; only in dialect 4x.
    RJConnectionChangedReasonRejoinSuccess = 15,
    /// No proof for 10 s; only in dialect 4x.
    RJConnectionChangedReasonLost = 16,
    /// Reserved.
    RJConnectionChangedReasonEchoTest = 17,
    /// Reserved.
    RJConnectionChangedReasonClientIPAddressChangedByUser = 18,
    /// The same uid joined from elsewhere.
    RJConnectionChangedReasonSameUidLogin = 19,
    /// The channel's limit of broadcasters.
    RJConnectionChangedReasonTooManyBroadcasters = 20,
    /// Reserved.
    RJConnectionChangedReasonLicenseValidationFailure = 21,
    /// The edge's certificate failed verification.
    RJConnectionChangedReasonCertificationVerifyFailure = 22,
    /// Reserved.
    RJConnectionChangedReasonStreamChannelNotAvailable = 23,
    /// The token's app id is another one.
    RJConnectionChangedReasonInconsistentAppId = 24,
} RJ_SWIFT_NAME(ConnectionChangedReason);

/// Why a peer went offline (SPEC section 4).
typedef RJ_NUMBERS(RJUserOfflineReason){
    /// It left, or the edge removed it.
    RJUserOfflineReasonQuit = 0,
    /// The edge has not heard it for 20 s.
    RJUserOfflineReasonDropped = 1,
    /// It stopped broadcasting.
    RJUserOfflineReasonBecomeAudience = 2,
} RJ_SWIFT_NAME(UserOfflineReason);

/// The kind of network that a device uses.
typedef RJ_NUMBERS(RJNetworkType){
    /// Not known.
    RJNetworkTypeUnknown = -1,
    /// None.
    RJNetworkTypeDisconnected = 0,
    /// A cable.
    RJNetworkTypeLAN = 1,
    /// Wi-Fi.
    RJNetworkTypeWiFi = 2,
    /// 2G.
    RJNetworkType2G = 3,
    /// 3G.
    RJNetworkType3G = 4,
    /// 4G.
    RJNetworkType4G = 5,
    /// 5G.
    RJNetworkType5G = 6,
} RJ_SWIFT_NAME(NetworkType);

/// Who is seen by whom in a channel (SPEC section 4).
typedef RJ_NUMBERS(RJClientRole){
    /// Seen by the others.
    RJClientRoleBroadcaster = 1,
    /// Sees only; the live broadcasting profile.
    RJClientRoleAudience = 2,
} RJ_SWIFT_NAME(ClientRole);

/// The kind of channel; its first member fixes it.
typedef RJ_NUMBERS(RJChannelProfile){
    /// Everybody sees everybody.
    RJChannelProfileCommunication = 0,
    /// Everybody sees the broadcasters.
    RJChannelProfileLiveBroadcasting = 1,
} RJ_SWIFT_NAME(ChannelProfile);

/// Which reasons are told: 3x is the default, 4x adds 12, 15 and 16.
typedef RJ_NUMBERS(RJDialect){
    /// As the page of connection states describes.
    RJDialect3x = 3,
    /// With the reasons 12, 15 and 16.
    RJDialect4x = 4,
} RJ_SWIFT_NAME(Dialect);

/// What a call answers: 0, or why it failed (SPEC section 1). The codes of RJErrorDomain.
typedef RJ_NUMBERS(RJStatus){
    /// Nothing failed.
    RJStatusOK = 0,
    /// A failure without a number of its own.
    RJStatusFailed = -1,
    /// An argument or option breaks its rule.
    RJStatusInvalidArgument = -2,
    /// Something is to be done first.
    RJStatusNotReady = -3,
    /// This version or this kind of object does not do that.
    RJStatusNotSupported = -4,
    /// Somebody else said no: the system, or the edge.
    RJStatusRefused = -5,
    /// The answer needs more room.
    RJStatusBufferTooSmall = -6,
    /// The object was destroyed.
    RJStatusNotInitialized = -7,
    /// Not in this state, or not here.
    RJStatusInvalidState = -8,
    /// Not in this role.
    RJStatusNoPermission = -9,
    /// It did not come in time.
    RJStatusTimedOut = -10,
    /// Joining in another state than disconnected.
    RJStatusJoinChannelRejected = -17,
    /// Leaving is not possible.
    RJStatusLeaveChannelRejected = -18,
    /// Memory, descriptors, threads, or a bound of the library.
    RJStatusResourceLimited = -22,
    /// A name has 1 to 64 bytes of the channel alphabet.
    RJStatusInvalidChannelName = -102,
    /// The token ran out.
    RJStatusTokenExpired = -109,
    /// Not a token that is valid here.
    RJStatusInvalidToken = -110,
    /// Only in a channel.
    RJStatusNotInChannel = -113,
    /// A message has 1 to 1,024 bytes.
    RJStatusSizeTooLarge = -114,
    /// 60 messages and 30 KB a second, and 64 waiting.
    RJStatusBitrateLimit = -115,
    /// A client has up to 5 streams.
    RJStatusTooManyDataStreams = -116,
    /// A uid is 1 to 2^32-1, or 0: the edge chooses.
    RJStatusInvalidUserId = -121,
} RJ_SWIFT_NAME(StatusCode);

/// The kinds of events (SPEC section 10).
typedef RJ_NUMBERS(RJEventKind){
    /// The state or its reason changed.
    RJEventKindConnectionChanged = 1,
    /// In the channel.
    RJEventKindDidJoinChannel = 2,
    /// In the channel again.
    RJEventKindDidRejoinChannel = 3,
    /// Out of the channel.
    RJEventKindDidLeaveChannel = 4,
    /// The stay so far, every 2 s.
    RJEventKindStats = 5,
    /// 10 s of silence.
    RJEventKindConnectionLost = 6,
    /// The token ran out.
    RJEventKindRequestToken = 7,
    /// A peer is there.
    RJEventKindUserJoined = 8,
    /// A peer is not there any more.
    RJEventKindUserOffline = 9,
    /// A peer was not heard for 4 s.
    RJEventKindUserInterrupted = 10,
    /// A peer is heard again.
    RJEventKindUserResumed = 11,
    /// The privilege to join ends soon.
    RJEventKindTokenPrivilegeWillExpire = 12,
    /// What the edge said to a new token.
    RJEventKindRenewTokenResult = 13,
    /// Another kind of network.
    RJEventKindNetworkChanged = 14,
    /// Another role.
    RJEventKindClientRoleChanged = 15,
    /// No other role.
    RJEventKindClientRoleChangeFailed = 16,
    /// A message of a peer.
    RJEventKindStreamMessage = 17,
    /// Messages of a peer that will not come.
    RJEventKindStreamMessageError = 18,
    /// Events that were thrown away.
    RJEventKindEventsDropped = 19,
    /// An attempt to join or rejoin.
    RJEventKindAttempt = 20,
} RJ_SWIFT_NAME(EventKind);

/// What became of an attempt to join or rejoin.
typedef RJ_NUMBERS(RJAttemptOutcome){
    /// It began.
    RJAttemptOutcomeStarted = 0,
    /// The edge let the client in.
    RJAttemptOutcomeAccepted = 1,
    /// For good.
    RJAttemptOutcomeRefused = 2,
    /// To be repeated later.
    RJAttemptOutcomeBusy = 3,
    /// No answer within 5 s.
    RJAttemptOutcomeTimedOut = 4,
    /// Given up before its end.
    RJAttemptOutcomeAbandoned = 5,
} RJ_SWIFT_NAME(AttemptOutcome);

/// What a token may grant; the edge asks for the first, the others are for apps.
typedef RJ_NUMBERS(RJTokenPrivilege){
    /// To join the channel.
    RJTokenPrivilegeJoin = 1,
    /// To publish audio.
    RJTokenPrivilegeAudio = 2,
    /// To publish video.
    RJTokenPrivilegeVideo = 3,
    /// To publish data.
    RJTokenPrivilegeData = 4,
} RJ_SWIFT_NAME(TokenPrivilege);

/// What the edge said to a new token (S-20). Where it is not OK, the old token stays in force.
typedef RJ_NUMBERS(RJRenewTokenCode){
    /// It is in force.
    RJRenewTokenCodeOK = 0,
    /// Refused without a reason of its own.
    RJRenewTokenCodeFailure = 1,
    /// It has run out.
    RJRenewTokenCodeExpired = 2,
    /// It is malformed or badly signed.
    RJRenewTokenCodeInvalid = 3,
    /// It is for another channel.
    RJRenewTokenCodeWrongChannel = 4,
    /// It is another app's.
    RJRenewTokenCodeWrongAppId = 5,
    /// A newer one was given meanwhile.
    RJRenewTokenCodeCancelled = 6,
} RJ_SWIFT_NAME(RenewTokenCode);

/// The name of a number in words: "connected", "token expired"; "unknown(99)" where there is none.
/// Any thread.
FOUNDATION_EXPORT NSString *RJConnectionStateName(RJConnectionState state);
/// As RJConnectionStateName.
FOUNDATION_EXPORT NSString *RJConnectionChangedReasonName(RJConnectionChangedReason reason);
/// As RJConnectionStateName.
FOUNDATION_EXPORT NSString *RJUserOfflineReasonName(RJUserOfflineReason reason);
/// As RJConnectionStateName.
FOUNDATION_EXPORT NSString *RJNetworkTypeName(RJNetworkType type);
/// As RJConnectionStateName.
FOUNDATION_EXPORT NSString *RJClientRoleName(RJClientRole role);
/// As RJConnectionStateName.
FOUNDATION_EXPORT NSString *RJStatusName(RJStatus status);
/// As RJConnectionStateName, but as docs and recordings write it: "did_join_channel".
FOUNDATION_EXPORT NSString *RJEventName(RJEventKind kind);
/// As RJConnectionStateName.
FOUNDATION_EXPORT NSString *RJAttemptOutcomeName(RJAttemptOutcome outcome);
/// As RJConnectionStateName.
FOUNDATION_EXPORT NSString *RJRenewTokenCodeName(RJRenewTokenCode code);

/// The version of the library below, "0.1.0".
FOUNDATION_EXPORT NSString *RJVersion(void);

RJ_NOTHING_NIL_END
