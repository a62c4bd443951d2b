# For building the library for iOS on a Mac: cmake -DCMAKE_TOOLCHAIN_FILE=cmake/ios.toolchain.cmake -DRJ_IOS_SDK=iphoneos
#   -DRJ_IOS_DEPENDENCIES=PREFIX …; swift/make-xcframework does it for each SDK. docs/ios.md tells what PREFIX holds.
set(RJ_IOS_SDK iphoneos CACHE STRING "iphoneos or iphonesimulator")
set(RJ_IOS_DEPENDENCIES "" CACHE PATH "Where GLib, GnuTLS, ngtcp2, libffi and nanopb for this SDK were installed")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES RJ_IOS_SDK RJ_IOS_DEPENDENCIES)

set(CMAKE_SYSTEM_NAME iOS)
set(CMAKE_OSX_SYSROOT ${RJ_IOS_SDK})
set(CMAKE_OSX_DEPLOYMENT_TARGET 16.0)
if(RJ_IOS_SDK STREQUAL "iphonesimulator")
  set(CMAKE_OSX_ARCHITECTURES arm64 x86_64)
else()
  set(CMAKE_OSX_ARCHITECTURES arm64)
endif()
# Nothing is run on the machine that builds, so nothing needs to be signed.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_XCODE_ATTRIBUTE_CODE_SIGNING_ALLOWED NO)

# Libraries and headers of the device, tools (protoc, nanopb's generator) of the machine that builds.
set(CMAKE_FIND_ROOT_PATH ${RJ_IOS_DEPENDENCIES})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${RJ_IOS_DEPENDENCIES}/lib/pkgconfig)
set(ENV{PKG_CONFIG_PATH} "")
