// How failures are told: NSError, with the library's number and text.
#import <RejoinKit/RJNumbers.h>

RJ_NOTHING_NIL_BEGIN

/// The domain of every error here. The code is an RJStatus, and the localized description says what
/// was given, what rule it breaks and what to do: "channel name is 65 bytes long; a name has 1 to
/// 64".
FOUNDATION_EXPORT NSString *const RJErrorDomain;

/// In an error's userInfo: the name of the argument or option that was wrong, an NSString such as
/// "channel" or "timers.beat"; missing where it was none of them.
FOUNDATION_EXPORT NSString *const RJErrorArgumentKey;

RJ_NOTHING_NIL_END
