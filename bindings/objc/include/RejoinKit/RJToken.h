// Tokens: what an app's own server makes, and what explains one that is refused.
#import <RejoinKit/RJErrors.h>

RJ_NOTHING_NIL_BEGIN

/// What a token is to say (SPEC section 6).
RJ_SWIFT_NAME(TokenOptions)
@interface RJTokenOptions : NSObject {
@private
  NSInteger _version;
  NSString *_appId, *_certificate, *_channel;
  NSUInteger _uid;
  uint32_t _issuedAt, _expire, _salt;
  NSDictionary *_privileges;
}

/// 7 (007; 0: this) or 6 (006, which older servers make).
@property(nonatomic) NSInteger version;
/// The app's; in 006 exactly 32 characters. nil: "".
@property(nonatomic, copy) NSString *RJ_OR_NIL appId;
/// What the app's tokens are signed with, 1 to 256 bytes.
@property(nonatomic, copy) NSString *RJ_OR_NIL certificate;
/// 1 to 64 bytes of the channel alphabet.
@property(nonatomic, copy) NSString *RJ_OR_NIL channel;
/// Whose token it is, 1 to 2^32-1; 0: anybody's.
@property(nonatomic) NSUInteger uid;
/// Seconds since 1970.
@property(nonatomic) uint32_t issuedAt;
/// Seconds after `issuedAt` in which one may join with the token.
@property(nonatomic) uint32_t expire;
/// Best a random number.
@property(nonatomic) uint32_t salt;
/// Up to 16 RJTokenPrivilege as NSNumbers, each with the seconds after `issuedAt` that it lasts; 0:
/// no limit of its own. nil: RJTokenPrivilegeJoin without a limit; without that one nobody can join
/// with the token.
@property(nonatomic, copy) RJ_DICTIONARY_OF(NSNumber *, NSNumber *) * RJ_OR_NIL privileges;

@end

/// What a token says, and whether it lets its member join. Moments are seconds since 1970. Does not
/// change.
RJ_SWIFT_NAME(TokenInfo)
@interface RJTokenInfo : NSObject {
@private
  void *_info;
}

/// Made by RJToken only.
- (RJ_INSTANCETYPE_OR_NIL)init NS_UNAVAILABLE;

/// It lets its member join at that moment; only ever YES where the signature was looked at.
@property(nonatomic, readonly, getter=isValid) BOOL valid;
/// In words: what it grants and until when, or all that is wrong with it.
@property(nonatomic, readonly) NSString *reason;
/// 1, 0; -1: the signature was not looked at, since something needed was not given.
@property(nonatomic, readonly) NSInteger signatureValid;
/// 7 or 6; 0: this is no token, and nothing below is known.
@property(nonatomic, readonly) NSInteger version;
/// The app's.
@property(nonatomic, readonly) NSString *appId;
/// nil: 006 does not carry it.
@property(nonatomic, readonly) NSString *RJ_OR_NIL channel;
/// In decimal, or an account's name; nil: anybody's, or 006, which carries none.
@property(nonatomic, readonly) NSString *RJ_OR_NIL uid;
/// 0: 006 does not say.
@property(nonatomic, readonly) int64_t issuedAt;
/// When the token itself ends.
@property(nonatomic, readonly) int64_t expiresAt;
/// When each privilege ends, NSNumbers by NSNumbers; 0: no limit of its own.
@property(nonatomic, readonly) RJ_DICTIONARY_OF(NSNumber *, NSNumber *) * privileges;

@end

/// Building and explaining tokens. Neither needs an engine. Any thread.
RJ_SWIFT_NAME(Token)
@interface RJToken : NSObject

/// Make a token; the business of an app's own server, and of tests.
///
/// error  RJStatusInvalidArgument, RJStatusInvalidUserId: the part and its rule.
///
/// Never more than 4,096 characters; nil: it failed.
+ (NSString *RJ_OR_NIL)buildWithOptions:(RJTokenOptions *)options error:(RJ_ERROR_OUT)error;

/// Explain a token at a moment. Never tells what the right signature would be.
///
/// token        any text; what is no token is explained too.
/// certificate  the app's; nil: the signature is not looked at.
/// channel      where it should let somebody in; nil: where it says. 006 does not carry it, so
///              there it is needed for the signature.
/// uid          whom it should let in, in decimal ("0": the edge picks it); nil: whom it says. As
///              the channel.
/// now          seconds since 1970.
/// error        RJStatusInvalidArgument: a text with a NUL.
+ (RJTokenInfo *RJ_OR_NIL)inspect:(NSString *)token
                      certificate:(NSString *RJ_OR_NIL)certificate
                          channel:(NSString *RJ_OR_NIL)channel
                              uid:(NSString *RJ_OR_NIL)uid
                              now:(int64_t)now
                            error:(RJ_ERROR_OUT)error;

@end

RJ_NOTHING_NIL_END
