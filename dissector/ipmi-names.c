/* ipmi-names.c
 * Names and body sizes of the IPMI commands and completion codes.
 *
 * The commands are those of appendix G of the Intelligent Platform Management
 * Interface Specification, v2.0 rev. 1.1, whose sections the comments name,
 * and those of the bodies that extend it by the network function Group
 * Extension.
 *
 * The bounds are loose where a size depends on a parameter or on the revision
 * of a specification: a message outside of them is wrong, one inside of them
 * need not be right.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ipmi-names.h"

#define ANY         IPMI_SIZE_ANY
#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))

/*
 * Command-specific completion codes
 */

static const struct ipmi_ccode ccodes_set_enables[] = {
    { 0x80, "Unsupported or unconfigurable command or sub-function" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_watchdog_reset[] = {
    { 0x80, "Watchdog timer not initialized" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_no_data[] = {
    { 0x80, "Data not available (queue or buffer empty)" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_send_message[] = {
    { 0x80, "Invalid session handle" },
    { 0x81, "Lost arbitration" },
    { 0x82, "Bus error" },
    { 0x83, "NAK on write" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_master_write_read[] = {
    { 0x81, "Lost arbitration" },
    { 0x82, "Bus error" },
    { 0x83, "NAK on write" },
    { 0x84, "Truncated read" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_session_challenge[] = {
    { 0x81, "Invalid user name" },
    { 0x82, "Null user name not enabled" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_activate_session[] = {
    { 0x81, "No session slot available" },
    { 0x82, "No session slot available for this user" },
    { 0x83, "No session slot available for this privilege level" },
    { 0x84, "Session sequence number out of range" },
    { 0x85, "Invalid session ID" },
    { 0x86, "Privilege level exceeds limit of user or channel" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_session_privilege[] = {
    { 0x80, "Privilege level not available for this user" },
    { 0x81, "Privilege level exceeds limit of user or channel" },
    { 0x82, "Cannot disable user level authentication" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_close_session[] = {
    { 0x87, "Invalid session ID" },
    { 0x88, "Invalid session handle" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_set_channel_access[] = {
    { 0x82, "Set not supported on this channel" },
    { 0x83, "Access mode not supported" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_get_channel_access[] = {
    { 0x82, "Command not supported on this channel" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_user_password[] = {
    { 0x80, "Password test failed: wrong password" },
    { 0x81, "Password test failed: wrong password size" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_activate_payload[] = {
    { 0x80, "Payload already active on another session" },
    { 0x81, "Payload type disabled" },
    { 0x82, "Payload activation limit reached" },
    { 0x83, "Cannot activate payload with encryption" },
    { 0x84, "Cannot activate payload without encryption" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_deactivate_payload[] = {
    { 0x80, "Payload already deactivated" },
    { 0x81, "Payload type disabled" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_payload_version[] = {
    { 0x80, "Payload type not available on this channel" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_oem_payload[] = {
    { 0x80, "OEM payload IANA or payload ID not supported" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_payload_encryption[] = {
    { 0x80, "Operation not supported for this payload type" },
    { 0x81, "Operation not allowed in this configuration" },
    { 0x82, "Encryption not available for the session" },
    { 0x83, "Payload instance not active" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_channel_keys[] = {
    { 0x80, "Key is locked" },
    { 0x81, "Too few key bytes" },
    { 0x82, "Too many key bytes" },
    { 0x83, "Key value not acceptable for this type of key" },
    { 0x84, "KR is not used" },
    { 0, NULL }
};

/* The commands that set or get numbered parameters share their codes. */
static const struct ipmi_ccode ccodes_set_parameter[] = {
    { 0x80, "Parameter not supported" },
    { 0x81, "Another set is in progress" },
    { 0x82, "Parameter is read-only" },
    { 0x83, "Parameter is write-only" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_get_parameter[] = {
    { 0x80, "Parameter not supported" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_sel_erase[] = {
    { 0x81, "SEL erase in progress" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_sel_record[] = {
    { 0x80, "Operation not supported for this record type" },
    { 0x81, "SEL erase in progress" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_sel_partial[] = {
    { 0x80, "Record length mismatch" },
    { 0x81, "SEL erase in progress" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_sdr_partial[] = {
    { 0x80, "Record length mismatch" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_device_sdr[] = {
    { 0x80, "Record changed" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_read_fru[] = {
    { 0x81, "FRU device busy" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_write_fru[] = {
    { 0x80, "Offset is write-protected" },
    { 0x81, "FRU device busy" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_alert_immediate[] = {
    { 0x81, "Another alert is in progress" },
    { 0x82, "IPMI messaging session active on this channel" },
    { 0x83, "Platform event parameters not supported" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_sensor_status[] = {
    { 0x80, "Reading or status bits not settable" },
    { 0x81, "Event data bytes not settable" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_callback[] = {
    { 0x81, "Alert in progress on this channel" },
    { 0x82, "IPMI messaging session active on this channel" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_ppp_send[] = {
    { 0x80, "PPP link is not up" },
    { 0x81, "IP protocol is not up" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_ppp_receive[] = {
    { 0x80, "No packet data available" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_forwarding[] = {
    { 0x80, "Target controller unavailable" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_fru_lock[] = {
    { 0x80, "Invalid FRU information" },
    { 0x81, "Lock failed" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_fru_write[] = {
    { 0x80, "Invalid lock ID" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_pm_heartbeat[] = {
    { 0x80, "Returned from autonomous mode" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_upgrade_capabilities[] = {
    { 0x81, "Firmware upgrade not supported over this interface" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_upgrade_properties[] = {
    { 0x81, "Firmware upgrade not supported over this interface" },
    { 0x82, "Invalid component ID" },
    { 0x83, "Invalid component property selector" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_upgrade_abort[] = {
    { 0x80, "Firmware upgrade cannot be aborted now" },
    { 0x81, "Firmware upgrade aborted, normal operation not resumed" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_upgrade_action[] = {
    { 0x80, "Command in progress" },
    { 0x81, "Invalid component" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_upgrade_block[] = {
    { 0x80, "Command in progress" },
    { 0x81, "Invalid component" },
    { 0x82, "Checksum error in the blocks received" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_upgrade_finish[] = {
    { 0x80, "Command in progress" },
    { 0x81, "Number of bytes received does not match" },
    { 0x82, "Checksum error in the image received" },
    { 0x83, "Firmware uploaded does not match the active one" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_upgrade_progress[] = {
    { 0x80, "Command in progress" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_upgrade_self_test[] = {
    { 0x80, "Self-test in progress" },
    { 0x81, "Firmware upgrade not supported over this interface" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_rollback_status[] = {
    { 0x80, "Rollback in progress" },
    { 0x81, "Rollback failure" },
    { 0x82, "Rollback overridden" },
    { 0x83, "Rollback denied for integrity reasons" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_rollback[] = {
    { 0x80, "Rollback in progress" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_explicit_bridging[] = {
    { 0x80, "Session being established" },
    { 0x81, "No session was asked for" },
    { 0x82, "LAN sessions not supported" },
    { 0x83, "Session could not be established" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_sol_instance[] = {
    { 0x80, "Payload instance cannot be assigned now" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_redfish_credentials[] = {
    { 0x80, "Credential bootstrapping disabled" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_power_limit_get[] = {
    { 0x80, "No active set power limit" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_power_limit_set[] = {
    { 0x84, "Power limit out of range" },
    { 0x85, "Correction time out of range" },
    { 0x89, "Statistics reporting period out of range" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_asset_tag[] = {
    { 0x80, "Encoding type in FRU is binary or unspecified" },
    { 0x81, "Encoding type in FRU is BCD plus" },
    { 0x82, "Encoding type in FRU is 6-bit ASCII packed" },
    { 0x83, "Encoding type in FRU is not English ASCII+Latin1" },
    { 0, NULL }
};

static const struct ipmi_ccode ccodes_thermal_limit[] = {
    { 0x84, "Thermal limit out of range" },
    { 0x85, "Exception time out of range" },
    { 0, NULL }
};

/*
 * Commands, indexed by their number
 *
 * The columns: command, name, size of the request (least, most), size of the
 * response (least, most), command-specific completion codes.
 */

#define CHASSIS(cmd, ...) \
    [cmd] = { 0x00, cmd, IPMI_BODY_NONE, __VA_ARGS__ }

/* Section 28 */
static const struct ipmi_command chassis[] = {
    CHASSIS(0x00, "Get Chassis Capabilities", 0, 0, 5, 6, NULL),
    CHASSIS(0x01, "Get Chassis Status", 0, 0, 3, 4, NULL),
    CHASSIS(0x02, "Chassis Control", 1, 1, 0, 0, NULL),
    CHASSIS(0x03, "Chassis Reset", 0, 0, 0, 0, NULL),
    CHASSIS(0x04, "Chassis Identify", 0, 2, 0, 0, NULL),
    CHASSIS(0x05, "Set Chassis Capabilities", 5, 6, 0, 0, NULL),
    CHASSIS(0x06, "Set Power Restore Policy", 1, 1, 1, 1, NULL),
    CHASSIS(0x07, "Get System Restart Cause", 0, 0, 2, 2, NULL),
    CHASSIS(0x08, "Set System Boot Options", 1, ANY, 0, 0, ccodes_set_parameter),
    CHASSIS(0x09, "Get System Boot Options", 3, 3, 2, ANY, ccodes_get_parameter),
    CHASSIS(0x0a, "Set Front Panel Button Enables", 1, 1, 0, 0, NULL),
    CHASSIS(0x0b, "Set Power Cycle Interval", 1, 1, 0, 0, NULL),
    CHASSIS(0x0f, "Get POH Counter", 0, 0, 5, 5, NULL),
};

#define BRIDGE(cmd, ...) \
    [cmd] = { 0x02, cmd, IPMI_BODY_NONE, __VA_ARGS__ }

/* The Intelligent Chassis Management Bus Bridge Specification defines these,
 * appendix G only lists them; hence no sizes. */
static const struct ipmi_command bridge[] = {
    /* Bridge management */
    BRIDGE(0x00, "Get Bridge State", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x01, "Set Bridge State", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x02, "Get ICMB Address", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x03, "Set ICMB Address", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x04, "Set Bridge ProxyAddress", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x05, "Get Bridge Statistics", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x06, "Get ICMB Capabilities", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x08, "Clear Bridge Statistics", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x09, "Get Bridge Proxy Address", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x0a, "Get ICMB Connector Info", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x0b, "Get ICMB Connection ID", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x0c, "Send ICMB Connection ID", 0, ANY, 0, ANY, NULL),

    /* Discovery */
    BRIDGE(0x10, "PrepareForDiscovery", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x11, "GetAddresses", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x12, "SetDiscovered", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x13, "GetChassisDeviceId", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x14, "SetChassisDeviceId", 0, ANY, 0, ANY, NULL),

    /* Bridging */
    BRIDGE(0x20, "BridgeRequest", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x21, "BridgeMessage", 0, ANY, 0, ANY, NULL),

    /* Events */
    BRIDGE(0x30, "GetEventCount", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x31, "SetEventDestination", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x32, "SetEventReceptionState", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x33, "SendICMBEventMessage", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x34, "GetEventDestination", 0, ANY, 0, ANY, NULL),
    BRIDGE(0x35, "GetEventReceptionState", 0, ANY, 0, ANY, NULL),

    /* Other */
    BRIDGE(0xff, "Error Report", 0, ANY, 0, ANY, NULL),
};

#define SENSOR(cmd, ...) \
    [cmd] = { 0x04, cmd, IPMI_BODY_NONE, __VA_ARGS__ }

static const struct ipmi_command sensor[] = {
    /* Section 29, events. The last two event data bytes are optional, and a
     * system interface has a Generator ID in front. */
    SENSOR(0x00, "Set Event Receiver", 2, 2, 0, 0, NULL),
    SENSOR(0x01, "Get Event Receiver", 0, 0, 2, 2, NULL),
    SENSOR(0x02, "Platform Event", 5, 8, 0, 0, NULL),

    /* Section 30, PEF and alerting */
    SENSOR(0x10, "Get PEF Capabilities", 0, 0, 3, 3, NULL),
    SENSOR(0x11, "Arm PEF Postpone Timer", 1, 1, 1, 1, NULL),
    SENSOR(0x12, "Set PEF Configuration Parameters", 1, ANY, 0, 0, ccodes_set_parameter),
    SENSOR(0x13, "Get PEF Configuration Parameters", 3, 3, 1, ANY, ccodes_get_parameter),
    SENSOR(0x14, "Set Last Processed Event ID", 3, 3, 0, 0, ccodes_sel_erase),
    SENSOR(0x15, "Get Last Processed Event ID", 0, 0, 10, 10, ccodes_sel_erase),
    SENSOR(0x16, "Alert Immediate", 3, 11, 0, 1, ccodes_alert_immediate),
    SENSOR(0x17, "PET Acknowledge", 12, 12, 0, 0, NULL),

    /* Section 35, sensor device */
    SENSOR(0x20, "Get Device SDR Info", 0, 1, 2, 6, NULL),
    SENSOR(0x21, "Get Device SDR", 6, 6, 2, ANY, ccodes_device_sdr),
    SENSOR(0x22, "Reserve Device SDR Repository", 0, 0, 2, 2, NULL),
    SENSOR(0x23, "Get Sensor Reading Factors", 2, 2, 7, 7, NULL),
    SENSOR(0x24, "Set Sensor Hysteresis", 4, 4, 0, 0, NULL),
    SENSOR(0x25, "Get Sensor Hysteresis", 2, 2, 2, 2, NULL),
    SENSOR(0x26, "Set Sensor Threshold", 8, 8, 0, 0, NULL),
    SENSOR(0x27, "Get Sensor Threshold", 1, 1, 7, 7, NULL),
    SENSOR(0x28, "Set Sensor Event Enable", 2, 6, 0, 0, NULL),
    SENSOR(0x29, "Get Sensor Event Enable", 1, 1, 1, 5, NULL),
    SENSOR(0x2a, "Re-arm Sensor Events", 2, 6, 0, 0, NULL),
    SENSOR(0x2b, "Get Sensor Event Status", 1, 1, 1, 5, NULL),
    SENSOR(0x2d, "Get Sensor Reading", 1, 1, 2, 4, NULL),
    SENSOR(0x2e, "Set Sensor Type", 3, 3, 0, 0, NULL),
    SENSOR(0x2f, "Get Sensor Type", 1, 1, 2, 2, NULL),
    SENSOR(0x30, "Set Sensor Reading And Event Status", 2, 10, 0, 0, ccodes_sensor_status),
};

#define APP(cmd, ...) \
    [cmd] = { 0x06, cmd, IPMI_BODY_NONE, __VA_ARGS__ }

static const struct ipmi_command app[] = {
    /* Section 20, global commands. The auxiliary firmware revision of Get
     * Device ID is optional. */
    APP(0x01, "Get Device ID", 0, 0, 11, 15, NULL),
    APP(0x02, "Cold Reset", 0, 0, 0, 0, NULL),
    APP(0x03, "Warm Reset", 0, 0, 0, 0, NULL),
    APP(0x04, "Get Self Test Results", 0, 0, 2, 2, NULL),
    APP(0x05, "Manufacturing Test On", 0, ANY, 0, ANY, NULL),
    APP(0x06, "Set ACPI Power State", 2, 2, 0, 0, NULL),
    APP(0x07, "Get ACPI Power State", 0, 0, 2, 2, NULL),
    APP(0x08, "Get Device GUID", 0, 0, 16, 16, NULL),

    /* Section 21, firmware firewall and command discovery; more of them
     * below, from 60h on. A network function with an identifier makes the
     * request longer by 1 or 3 bytes. */
    APP(0x09, "Get NetFn Support", 1, 1, 17, 17, NULL),
    APP(0x0a, "Get Command Support", 3, 6, 16, 16, NULL),
    APP(0x0b, "Get Command Sub-function Support", 4, 7, 3, ANY, NULL),
    APP(0x0c, "Get Configurable Commands", 3, 6, 16, 16, NULL),
    APP(0x0d, "Get Configurable Command Sub-functions", 4, 7, 4, 8, NULL),

    /* Section 27, watchdog timer */
    APP(0x22, "Reset Watchdog Timer", 0, 0, 0, 0, ccodes_watchdog_reset),
    APP(0x24, "Set Watchdog Timer", 6, 6, 0, 0, NULL),
    APP(0x25, "Get Watchdog Timer", 0, 0, 8, 8, NULL),

    /* Section 22, BMC device and messaging */
    APP(0x2e, "Set BMC Global Enables", 1, 1, 0, 0, NULL),
    APP(0x2f, "Get BMC Global Enables", 0, 0, 1, 1, NULL),
    APP(0x30, "Clear Message Flags", 1, 1, 0, 0, NULL),
    APP(0x31, "Get Message Flags", 0, 0, 1, 1, NULL),
    APP(0x32, "Enable Message Channel Receive", 2, 2, 2, 2, NULL),
    APP(0x33, "Get Message", 0, 0, 1, ANY, ccodes_no_data),
    APP(0x34, "Send Message", 1, ANY, 0, ANY, ccodes_send_message),
    APP(0x35, "Read Event Message Buffer", 0, 0, 16, 16, ccodes_no_data),
    APP(0x36, "Get BT Interface Capabilities", 0, 0, 5, 5, NULL),
    APP(0x37, "Get System GUID", 0, 0, 16, 16, NULL),
    APP(0x38, "Get Channel Authentication Capabilities", 2, 2, 8, 8, NULL),
    APP(0x39, "Get Session Challenge", 17, 17, 20, 20, ccodes_session_challenge),
    APP(0x3a, "Activate Session", 22, 22, 10, 10, ccodes_activate_session),
    APP(0x3b, "Set Session Privilege Level", 1, 1, 1, 1, ccodes_session_privilege),
    APP(0x3c, "Close Session", 4, 5, 0, 0, ccodes_close_session),
    APP(0x3d, "Get Session Info", 1, 5, 3, ANY, NULL),
    APP(0x3f, "Get AuthCode", 19, ANY, 16, ANY, NULL),
    APP(0x40, "Set Channel Access", 3, 3, 0, 0, ccodes_set_channel_access),
    APP(0x41, "Get Channel Access", 2, 2, 2, 2, ccodes_get_channel_access),
    APP(0x42, "Get Channel Info", 1, 1, 9, 9, NULL),
    APP(0x43, "Set User Access", 3, 4, 0, 0, NULL),
    APP(0x44, "Get User Access", 2, 2, 4, 4, NULL),
    APP(0x45, "Set User Name", 17, 17, 0, 0, NULL),
    APP(0x46, "Get User Name", 1, 1, 16, 16, NULL),
    APP(0x47, "Set User Password", 2, 22, 0, 0, ccodes_user_password),

    /* Section 24, RMCP+ support and payloads */
    APP(0x48, "Activate Payload", 6, 6, 12, 12, ccodes_activate_payload),
    APP(0x49, "Deactivate Payload", 6, 6, 0, 0, ccodes_deactivate_payload),
    APP(0x4a, "Get Payload Activation Status", 1, 1, 3, 3, NULL),
    APP(0x4b, "Get Payload Instance Info", 2, 2, 12, 12, NULL),
    APP(0x4c, "Set User Payload Access", 6, 6, 0, 0, NULL),
    APP(0x4d, "Get User Payload Access", 2, 2, 4, 4, NULL),
    APP(0x4e, "Get Channel Payload Support", 1, 1, 8, 8, NULL),
    APP(0x4f, "Get Channel Payload Version", 2, 2, 1, 1, ccodes_payload_version),
    APP(0x50, "Get Channel OEM Payload Info", 7, 7, 7, ANY, ccodes_oem_payload),

    /* Section 22 again, but for 55h, which is section 24 */
    APP(0x52, "Master Write-Read", 3, ANY, 0, ANY, ccodes_master_write_read),
    APP(0x54, "Get Channel Cipher Suites", 3, 3, 1, 17, NULL),
    APP(0x55, "Suspend/Resume Payload Encryption", 3, 3, 0, 0, ccodes_payload_encryption),
    APP(0x56, "Set Channel Security Keys", 3, ANY, 0, ANY, ccodes_channel_keys),
    APP(0x57, "Get System Interface Capabilities", 1, 1, 1, ANY, NULL),
    APP(0x58, "Set System Info Parameters", 1, ANY, 0, 0, ccodes_set_parameter),
    APP(0x59, "Get System Info Parameters", 4, 4, 1, ANY, ccodes_get_parameter),

    /* Section 21, firmware firewall configuration */
    APP(0x60, "Set Command Enables", 19, 22, 0, 0, ccodes_set_enables),
    APP(0x61, "Get Command Enables", 3, 6, 16, 16, NULL),
    APP(0x62, "Set Command Sub-function Enables", 8, ANY, 0, 0, ccodes_set_enables),
    APP(0x63, "Get Command Sub-function Enables", 4, 7, 4, 8, NULL),
    APP(0x64, "Get OEM NetFn IANA Support", 3, 3, 0, ANY, NULL),
};

#define STORAGE(cmd, ...) \
    [cmd] = { 0x0a, cmd, IPMI_BODY_NONE, __VA_ARGS__ }

static const struct ipmi_command storage[] = {
    /* Section 34, FRU inventory device */
    STORAGE(0x10, "Get FRU Inventory Area Info", 1, 1, 3, 3, NULL),
    STORAGE(0x11, "Read FRU Data", 4, 4, 1, ANY, ccodes_read_fru),
    STORAGE(0x12, "Write FRU Data", 3, ANY, 1, 1, ccodes_write_fru),

    /* Section 33, SDR repository */
    STORAGE(0x20, "Get SDR Repository Info", 0, 0, 14, 14, NULL),
    STORAGE(0x21, "Get SDR Repository Allocation Info", 0, 0, 9, 9, NULL),
    STORAGE(0x22, "Reserve SDR Repository", 0, 0, 2, 2, NULL),
    STORAGE(0x23, "Get SDR", 6, 6, 2, ANY, NULL),
    STORAGE(0x24, "Add SDR", 1, ANY, 2, 2, NULL),
    STORAGE(0x25, "Partial Add SDR", 6, ANY, 2, 2, ccodes_sdr_partial),
    STORAGE(0x26, "Delete SDR", 4, 4, 2, 2, NULL),
    STORAGE(0x27, "Clear SDR Repository", 6, 6, 1, 1, NULL),
    STORAGE(0x28, "Get SDR Repository Time", 0, 0, 4, 4, NULL),
    STORAGE(0x29, "Set SDR Repository Time", 4, 4, 0, 0, NULL),
    STORAGE(0x2a, "Enter SDR Repository Update Mode", 0, 0, 0, 0, NULL),
    STORAGE(0x2b, "Exit SDR Repository Update Mode", 0, 0, 0, 0, NULL),
    STORAGE(0x2c, "Run Initialization Agent", 1, 1, 1, 1, NULL),

    /* Section 31, SEL */
    STORAGE(0x40, "Get SEL Info", 0, 0, 14, 14, ccodes_sel_erase),
    STORAGE(0x41, "Get SEL Allocation Info", 0, 0, 9, 9, NULL),
    STORAGE(0x42, "Reserve SEL", 0, 0, 2, 2, ccodes_sel_erase),
    STORAGE(0x43, "Get SEL Entry", 6, 6, 2, 18, ccodes_sel_erase),
    STORAGE(0x44, "Add SEL Entry", 16, 16, 2, 2, ccodes_sel_record),
    STORAGE(0x45, "Partial Add SEL Entry", 6, ANY, 2, 2, ccodes_sel_partial),
    STORAGE(0x46, "Delete SEL Entry", 4, 4, 2, 2, ccodes_sel_record),
    STORAGE(0x47, "Clear SEL", 6, 6, 1, 1, NULL),
    STORAGE(0x48, "Get SEL Time", 0, 0, 4, 4, NULL),
    STORAGE(0x49, "Set SEL Time", 4, 4, 0, 0, NULL),
    STORAGE(0x5a, "Get Auxiliary Log Status", 1, 1, 7, 15, NULL),
    STORAGE(0x5b, "Set Auxiliary Log Status", 8, 16, 0, 0, NULL),
    STORAGE(0x5c, "Get SEL Time UTC Offset", 0, 0, 2, 2, NULL),
    STORAGE(0x5d, "Set SEL Time UTC Offset", 2, 2, 0, 0, NULL),
};

#define TRANSPORT(cmd, ...) \
    [cmd] = { 0x0c, cmd, IPMI_BODY_NONE, __VA_ARGS__ }

static const struct ipmi_command transport[] = {
    /* Section 23, LAN */
    TRANSPORT(0x01, "Set LAN Configuration Parameters", 2, ANY, 0, 0, ccodes_set_parameter),
    TRANSPORT(0x02, "Get LAN Configuration Parameters", 4, 4, 1, ANY, ccodes_get_parameter),
    TRANSPORT(0x03, "Suspend BMC ARPs", 2, 2, 1, 1, NULL),
    TRANSPORT(0x04, "Get IP/UDP/RMCP Statistics", 2, 2, 18, 18, NULL),

    /* Section 25, serial and modem */
    TRANSPORT(0x10, "Set Serial/Modem Configuration", 2, ANY, 0, 0, ccodes_set_parameter),
    TRANSPORT(0x11, "Get Serial/Modem Configuration", 4, 4, 1, ANY, ccodes_get_parameter),
    TRANSPORT(0x12, "Set Serial/Modem Mux", 2, 2, 1, 1, NULL),
    TRANSPORT(0x13, "Get TAP Response Codes", 1, 1, 15, 15, NULL),
    TRANSPORT(0x14, "Set PPP UDP Proxy Transmit Data", 2, 18, 0, 0, NULL),
    TRANSPORT(0x15, "Get PPP UDP Proxy Transmit Data", 2, 2, 16, 16, NULL),
    TRANSPORT(0x16, "Send PPP UDP Proxy Packet", 15, 15, 0, 0, ccodes_ppp_send),
    TRANSPORT(0x17, "Get PPP UDP Proxy Receive Data", 2, 2, 2, 16, ccodes_ppp_receive),
    TRANSPORT(0x18, "Serial/Modem Connection Active", 2, 2, 0, 0, NULL),
    TRANSPORT(0x19, "Callback", 2, 2, 0, 0, ccodes_callback),
    TRANSPORT(0x1a, "Set User Callback Options", 7, 7, 0, 0, NULL),
    TRANSPORT(0x1b, "Get User Callback Options", 2, 2, 5, 5, NULL),
    TRANSPORT(0x1c, "Set Serial Routing Mux", 0, ANY, 0, ANY, NULL),

    /* Section 26, SOL */
    TRANSPORT(0x20, "SOL Activating", 4, 4, 0, 0, NULL),
    TRANSPORT(0x21, "Set SOL Configuration Parameters", 2, ANY, 0, 0, ccodes_set_parameter),
    TRANSPORT(0x22, "Get SOL Configuration Parameters", 4, 4, 1, ANY, ccodes_get_parameter),

    /* Section 35b, command forwarding */
    TRANSPORT(0x30, "Forwarded Command", 0, ANY, 0, ANY, NULL),
    TRANSPORT(0x31, "Set Forwarded Commands", 0, ANY, 0, ANY, NULL),
    TRANSPORT(0x32, "Get Forwarded Commands", 0, ANY, 0, ANY, NULL),
    TRANSPORT(0x33, "Enable Forwarded Commands", 0, ANY, 0, ANY, ccodes_forwarding),
};

#define PICMG(cmd, ...) \
    [cmd] = { IPMI_NETFN_GROUP, cmd, IPMI_BODY_PICMG, __VA_ARGS__ }

static const struct ipmi_command picmg[] = {
    /* PICMG 3.0, AdvancedTCA */
    PICMG(0x00, "Get PICMG Properties", 1, 1, 4, 4, NULL),
    PICMG(0x01, "Get Address Info", 1, 5, 7, ANY, NULL),
    PICMG(0x02, "Get Shelf Address Info", 1, 1, 2, ANY, NULL),
    PICMG(0x03, "Set Shelf Address Info", 2, ANY, 1, 1, NULL),
    PICMG(0x04, "FRU Control", 3, 3, 1, ANY, NULL),
    PICMG(0x05, "Get FRU LED Properties", 2, 2, 3, 3, NULL),
    PICMG(0x06, "Get LED Color Capabilities", 3, 3, 4, 5, NULL),
    PICMG(0x07, "Set FRU LED State", 6, 6, 1, 1, NULL),
    PICMG(0x08, "Get FRU LED State", 3, 3, 5, 9, NULL),
    PICMG(0x09, "Set IPMB State", 3, 3, 1, 1, NULL),
    PICMG(0x0a, "Set FRU Activation Policy", 4, 4, 1, 1, NULL),
    PICMG(0x0b, "Get FRU Activation Policy", 2, 2, 2, 2, NULL),
    PICMG(0x0c, "Set FRU Activation", 3, 3, 1, 1, NULL),
    PICMG(0x0d, "Get Device Locator Record ID", 2, 4, 3, 3, NULL),
    PICMG(0x0e, "Set Port State", 6, 6, 1, 1, NULL),
    PICMG(0x0f, "Get Port State", 2, 3, 1, 21, NULL),
    PICMG(0x10, "Compute Power Properties", 2, 2, 3, 3, NULL),
    PICMG(0x11, "Set Power Level", 4, 4, 1, 1, NULL),
    PICMG(0x12, "Get Power Level", 3, 3, 4, ANY, NULL),
    PICMG(0x13, "Renegotiate Power", 1, 2, 1, 1, NULL),
    PICMG(0x14, "Get Fan Speed Properties", 2, 2, 5, 5, NULL),
    PICMG(0x15, "Set Fan Level", 3, 4, 1, 1, NULL),
    PICMG(0x16, "Get Fan Level", 2, 2, 2, 4, NULL),
    PICMG(0x17, "Bused Resource", 3, 3, 2, 2, NULL),
    PICMG(0x18, "Get IPMB Link Info", 3, 3, 3, 3, NULL),
    PICMG(0x1b, "Get Shelf Manager IPMB Address", 1, 1, 3, 3, NULL),
    PICMG(0x1c, "Set Fan Policy", 4, 6, 1, 1, NULL),
    PICMG(0x1d, "Get Fan Policy", 2, 4, 2, 3, NULL),
    PICMG(0x1e, "FRU Control Capabilities", 2, 2, 2, 2, NULL),
    PICMG(0x1f, "FRU Inventory Device Lock Control", 5, 5, 7, 7, ccodes_fru_lock),
    PICMG(0x20, "FRU Inventory Device Write", 6, ANY, 2, 2, ccodes_fru_write),
    PICMG(0x21, "Get Shelf Manager IP Addresses", 2, 2, 10, ANY, NULL),
    PICMG(0x22, "Get Shelf Power Allocation", 2, 2, 3, ANY, NULL),

    /* AMC.0, Advanced Mezzanine Card */
    PICMG(0x19, "Set AMC Port State", 6, 7, 1, 1, NULL),
    PICMG(0x1a, "Get AMC Port State", 2, ANY, 1, ANY, NULL),
    PICMG(0x2c, "Set Clock State", 4, 11, 1, 1, NULL),
    PICMG(0x2d, "Get Clock State", 2, 3, 2, 9, NULL),

    /* MTCA.0, MicroTCA */
    PICMG(0x23, "Get Location Information", 2, 4, 8, ANY, NULL),
    PICMG(0x24, "Power Channel Control", 6, 6, 1, 1, NULL),
    PICMG(0x25, "Get Power Channel Status", 3, 3, 3, ANY, NULL),
    PICMG(0x26, "PM Reset", 2, 2, 1, 1, NULL),
    PICMG(0x27, "Get PM Status", 2, 2, 2, 2, NULL),
    PICMG(0x28, "PM Heartbeat", 3, 3, 1, 1, ccodes_pm_heartbeat),
    PICMG(0x29, "Get Telco Alarm Capability", 2, 2, 2, 2, NULL),
    PICMG(0x2a, "Set Telco Alarm State", 4, 4, 1, 1, NULL),
    PICMG(0x2b, "Get Telco Alarm State", 3, 3, 2, 2, NULL),

    /* HPM.1, firmware upgrade */
    PICMG(0x2e, "Get Target Upgrade Capabilities", 1, 1, 8, 8, ccodes_upgrade_capabilities),
    PICMG(0x2f, "Get Component Properties", 3, 3, 1, ANY, ccodes_upgrade_properties),
    PICMG(0x30, "Abort Firmware Upgrade", 1, 1, 1, 1, ccodes_upgrade_abort),
    PICMG(0x31, "Initiate Upgrade Action", 3, 3, 1, 1, ccodes_upgrade_action),
    PICMG(0x32, "Upload Firmware Block", 2, ANY, 1, 9, ccodes_upgrade_block),
    PICMG(0x33, "Finish Firmware Upload", 6, 6, 1, 1, ccodes_upgrade_finish),
    PICMG(0x34, "Get Upgrade Status", 1, 1, 3, 4, ccodes_upgrade_progress),
    PICMG(0x35, "Activate Firmware", 1, 2, 1, 1, ccodes_upgrade_progress),
    PICMG(0x36, "Query Self-test Results", 1, 1, 3, 3, ccodes_upgrade_self_test),
    PICMG(0x37, "Query Rollback Status", 1, 1, 2, 3, ccodes_rollback_status),
    PICMG(0x38, "Initiate Manual Rollback", 1, 1, 1, 1, ccodes_rollback),

    /* HPM.2, LAN-attached IPM controllers */
    PICMG(0x3e, "Get HPM.x Capabilities", 1, ANY, 1, ANY, NULL),
    PICMG(0x3f, "Get Dynamic Credentials", 1, ANY, 1, ANY, NULL),
    PICMG(0x40, "Get Session Handle for Explicit LAN Bridging", 1, ANY, 1, ANY, ccodes_explicit_bridging),
    PICMG(0x41, "Get ATCA Extended Management Resources", 1, ANY, 1, ANY, NULL),
    PICMG(0x42, "Get AMC Extended Management Resources", 1, ANY, 1, ANY, NULL),
    PICMG(0x43, "Set ATCA Extended Management State", 1, ANY, 1, ANY, NULL),
    PICMG(0x44, "Get ATCA Extended Management State", 1, ANY, 1, ANY, NULL),
    PICMG(0x45, "Set AMC Power State", 1, ANY, 1, ANY, NULL),
    PICMG(0x46, "Get AMC Power State", 1, ANY, 1, ANY, NULL),
    PICMG(0x47, "Assign SOL Payload Instance", 1, ANY, 1, ANY, ccodes_sol_instance),

    /* HPM.3, DHCP-assigned platform management parameters */
    PICMG(0x48, "Get IP Address Source", 1, ANY, 1, ANY, NULL),
};

#define SSI(cmd, ...) \
    [cmd] = { IPMI_NETFN_GROUP, cmd, IPMI_BODY_SSI, __VA_ARGS__ }

/* SSI Compute Blade Specification */
static const struct ipmi_command ssi[] = {
    SSI(0x00, "Get Compute Blade Properties", 1, ANY, 1, ANY, NULL),
    SSI(0x01, "Get Address Info", 1, ANY, 1, ANY, NULL),
    SSI(0x02, "Platform Event Message", 1, ANY, 1, ANY, NULL),
    SSI(0x03, "Module BMI Control", 1, ANY, 1, ANY, NULL),
    SSI(0x04, "Module Payload Control", 1, ANY, 1, ANY, NULL),
    SSI(0x05, "Set System Event Log Policy", 1, ANY, 1, ANY, NULL),
    SSI(0x0a, "Set Module Activation Policy", 1, ANY, 1, ANY, NULL),
    SSI(0x0b, "Get Module Activation Policy", 1, ANY, 1, ANY, NULL),
    SSI(0x0c, "Set Module Activation", 1, ANY, 1, ANY, NULL),
    SSI(0x11, "Set Power Level", 1, ANY, 1, ANY, NULL),
    SSI(0x12, "Get Power Level", 1, ANY, 1, ANY, NULL),
    SSI(0x13, "Renegotiate Power", 1, ANY, 1, ANY, NULL),
    SSI(0x16, "Get Service Info", 1, ANY, 1, ANY, NULL),
    SSI(0x17, "Get Applet Package URI", 1, ANY, 1, ANY, NULL),
    SSI(0x18, "Get Service Enable State", 1, ANY, 1, ANY, NULL),
    SSI(0x19, "Set Service Enable State", 1, ANY, 1, ANY, NULL),
    SSI(0x20, "Set Service Ticket", 1, ANY, 1, ANY, NULL),
    SSI(0x21, "Stop Service Session", 1, ANY, 1, ANY, NULL),
};

#define VSO(cmd, ...) \
    [cmd] = { IPMI_NETFN_GROUP, cmd, IPMI_BODY_VSO, __VA_ARGS__ }

/* ANSI/VITA 46.11, System Management on VPX */
static const struct ipmi_command vso[] = {
    VSO(0x00, "Get VSO Capabilities", 1, 1, 5, ANY, NULL),
    VSO(0x01, "Get Chassis Address Table Info", 1, 5, 7, ANY, NULL),
    VSO(0x02, "Get Chassis Identifier", 1, 1, 1, ANY, NULL),
    VSO(0x03, "Set Chassis Identifier", 1, ANY, 1, 1, NULL),
    VSO(0x04, "FRU Control", 3, 3, 1, ANY, NULL),
    VSO(0x05, "Get FRU LED Properties", 2, 2, 3, 3, NULL),
    VSO(0x06, "Get LED Color Capabilities", 3, 3, 4, 5, NULL),
    VSO(0x07, "Set FRU LED State", 6, 6, 1, 1, NULL),
    VSO(0x08, "Get FRU LED State", 3, 3, 5, 9, NULL),
    VSO(0x09, "Set IPMB State", 3, 3, 1, 1, NULL),
    VSO(0x0a, "Set FRU State Policy Bits", 4, 4, 1, 1, NULL),
    VSO(0x0b, "Get FRU State Policy Bits", 2, 2, 2, 2, NULL),
    VSO(0x0c, "Set FRU Activation", 3, 3, 1, 1, NULL),
    VSO(0x0d, "Get Device Locator Record ID", 2, 4, 3, 3, NULL),
    VSO(0x14, "Get Fan Speed Properties", 2, 2, 5, 5, NULL),
    VSO(0x15, "Set Fan Level", 3, 4, 1, 1, NULL),
    VSO(0x16, "Get Fan Level", 2, 2, 2, 4, NULL),
    VSO(0x18, "Get IPMB Link Info", 3, 3, 3, 3, NULL),
    VSO(0x1b, "Get Chassis Manager IPMB Address", 1, 1, 3, 3, NULL),
    VSO(0x1c, "Set Fan Policy", 4, ANY, 1, 1, NULL),
    VSO(0x1d, "Get Fan Policy", 2, ANY, 2, 3, NULL),
    VSO(0x1e, "FRU Control Capabilities", 2, 2, 2, 2, NULL),
    VSO(0x1f, "FRU Inventory Device Lock Control", 5, 5, 7, 7, ccodes_fru_lock),
    VSO(0x20, "FRU Inventory Device Write", 6, ANY, 2, 2, ccodes_fru_write),
    VSO(0x21, "Get Chassis Manager IP Addresses", 2, 2, 10, ANY, NULL),
    VSO(0x40, "Get FRU Address Info", 1, 5, 7, ANY, NULL),
    VSO(0x41, "Get FRU Persistent Control", 2, 2, 2, 2, NULL),
    VSO(0x42, "Set FRU Persistent Control", 4, 4, 1, 1, NULL),
    VSO(0x43, "FRU Persistent Control Capabilities", 2, 2, 2, 2, NULL),
    VSO(0x44, "Get Mandatory Sensor Numbers", 2, 2, 7, ANY, NULL),
};

#define REDFISH(cmd, ...) \
    [cmd] = { IPMI_NETFN_GROUP, cmd, IPMI_BODY_REDFISH, __VA_ARGS__ }

/* DMTF DSP0270, Redfish Host Interface Specification, credential
 * bootstrapping */
static const struct ipmi_command redfish[] = {
    REDFISH(0x01, "Get Manager Certificate Fingerprint", 2, 2, 2, ANY, NULL),
    REDFISH(0x02, "Get Bootstrap Account Credentials", 2, 2, 33, 33, ccodes_redfish_credentials),
};

#define SBMR(cmd, ...) \
    [cmd] = { IPMI_NETFN_GROUP, cmd, IPMI_BODY_SBMR, __VA_ARGS__ }

/* Arm DEN0069, Server Base Manageability Requirements */
static const struct ipmi_command sbmr[] = {
    SBMR(0x02, "Send Boot Progress Code", 10, 10, 1, 1, NULL),
    SBMR(0x03, "Get Boot Progress Code", 1, 1, 10, 10, NULL),
};

#define DCMI(cmd, ...) \
    [cmd] = { IPMI_NETFN_GROUP, cmd, IPMI_BODY_DCMI, __VA_ARGS__ }

/* Data Center Manageability Interface Specification, v1.5, section 6 */
static const struct ipmi_command dcmi[] = {
    DCMI(0x01, "Get DCMI Capabilities Info", 2, 2, 4, ANY, NULL),
    DCMI(0x02, "Get Power Reading", 4, 4, 18, 18, NULL),
    DCMI(0x03, "Get Power Limit", 3, 3, 14, 14, ccodes_power_limit_get),
    DCMI(0x04, "Set Power Limit", 15, 15, 1, 1, ccodes_power_limit_set),
    DCMI(0x05, "Activate/Deactivate Power Limit", 4, 4, 1, 1, NULL),
    DCMI(0x06, "Get Asset Tag", 3, 3, 2, ANY, ccodes_asset_tag),
    DCMI(0x07, "Get DCMI Sensor Info", 5, 5, 3, ANY, NULL),
    DCMI(0x08, "Set Asset Tag", 3, ANY, 2, 2, NULL),
    DCMI(0x09, "Get Management Controller Identifier String", 3, 3, 2, ANY, NULL),
    DCMI(0x0a, "Set Management Controller Identifier String", 3, ANY, 2, 2, NULL),
    DCMI(0x0b, "Set Thermal Limit", 7, 7, 1, 1, ccodes_thermal_limit),
    DCMI(0x0c, "Get Thermal Limit", 3, 3, 5, 5, NULL),
    DCMI(0x10, "Get Temperature Readings", 5, 5, 3, ANY, NULL),
    DCMI(0x12, "Set DCMI Configuration Parameters", 3, ANY, 1, 1, NULL),
    DCMI(0x13, "Get DCMI Configuration Parameters", 3, 3, 4, ANY, NULL),
};

/*
 * Lookup
 */

struct table {
    const struct ipmi_command *commands;
    size_t count;
};

#define TABLE(array) { array, COUNT(array) }

/* Indexed by half the network function, as a request's is even and its
 * response's the next. The specification defines no commands of Firmware, and
 * those of an OEM are the OEM's. */
static const struct table tables[32] = {
    [0x00 / 2] = TABLE(chassis),
    [0x02 / 2] = TABLE(bridge),
    [0x04 / 2] = TABLE(sensor),
    [0x06 / 2] = TABLE(app),
    [0x0a / 2] = TABLE(storage),
    [0x0c / 2] = TABLE(transport),
};

/* The defining bodies of Group Extension. The ASF specification, for which
 * DMTF has its number, defines no commands. */
static const struct group {
    uint8_t body;
    const char *name;
    struct table table;
} groups[] = {
    { IPMI_BODY_PICMG, "PICMG", TABLE(picmg) },
    { IPMI_BODY_DMTF, "DMTF", { NULL, 0 } },
    { IPMI_BODY_SSI, "SSI", TABLE(ssi) },
    { IPMI_BODY_VSO, "VSO", TABLE(vso) },
    { IPMI_BODY_REDFISH, "Redfish", TABLE(redfish) },
    { IPMI_BODY_SBMR, "SBMR", TABLE(sbmr) },
    { IPMI_BODY_DCMI, "DCMI", TABLE(dcmi) },
};

static const struct group *find_group(uint32_t body)
{
    for (size_t i = 0; i < COUNT(groups); i++)
        if (groups[i].body == body)
            return &groups[i];
    return NULL;
}

const struct ipmi_command *ipmi_command_find(uint8_t netfn, uint32_t body,
                                             uint8_t cmd)
{
    const struct table *table = &tables[(netfn & 0x3fU) / 2];

    if ((netfn & 0x3e) == IPMI_NETFN_GROUP) {
        const struct group *group = find_group(body);

        if (group == NULL)
            return NULL;
        table = &group->table;
    }
    if (cmd >= table->count || table->commands[cmd].name == NULL)
        return NULL;
    return &table->commands[cmd];
}

uint32_t ipmi_body(uint8_t netfn, const uint8_t *data, size_t len)
{
    switch (netfn & 0x3e) {
    case IPMI_NETFN_GROUP:
        return len >= 1 ? data[0] : IPMI_BODY_NONE;
    case IPMI_NETFN_OEM:
        if (len < 3)
            return IPMI_BODY_NONE;
        return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16;
    default:
        return IPMI_BODY_NONE;
    }
}

const char *ipmi_group_name(uint8_t body)
{
    const struct group *group = find_group(body);

    return group != NULL ? group->name : NULL;
}

/* Table 5-1 */
const char *ipmi_netfn_name(uint8_t netfn)
{
    static const char *const names[] = {
        "Chassis", "Bridge", "Sensor/Event", "App", "Firmware", "Storage",
        "Transport",
    };
    const size_t pair = (netfn & 0x3fU) / 2;

    if (pair < COUNT(names))
        return names[pair];
    if (pair < IPMI_NETFN_GROUP / 2)
        return "Reserved";
    if (pair == IPMI_NETFN_GROUP / 2)
        return "Group Extension";
    if (pair == IPMI_NETFN_OEM / 2)
        return "OEM/Group";
    return "Controller-specific OEM/Group";
}

const char *ipmi_command_name(const struct ipmi_command *command,
                              uint8_t netfn)
{
    if (command != NULL)
        return command->name;
    return (netfn & 0x3f) >= IPMI_NETFN_OEM ? "OEM command" : "Unknown command";
}

/* Table 5-2 */
const char *ipmi_ccode_name(const struct ipmi_command *command, uint8_t code)
{
    static const char *const generic[] = {
        [0x00] = "Node Busy",
        [0x01] = "Invalid Command",
        [0x02] = "Command invalid for given LUN",
        [0x03] = "Timeout while processing command",
        [0x04] = "Out of space",
        [0x05] = "Reservation Canceled or Invalid Reservation ID",
        [0x06] = "Request data truncated",
        [0x07] = "Request data length invalid",
        [0x08] = "Request data field length limit exceeded",
        [0x09] = "Parameter out of range",
        [0x0a] = "Cannot return number of requested data bytes",
        [0x0b] = "Requested Sensor, data, or record not present",
        [0x0c] = "Invalid data field in Request",
        [0x0d] = "Command illegal for specified sensor or record type",
        [0x0e] = "Command response could not be provided",
        [0x0f] = "Cannot execute duplicated request",
        [0x10] = "SDR Repository in update mode",
        [0x11] = "Device in firmware update mode",
        [0x12] = "BMC initialization in progress",
        [0x13] = "Destination unavailable",
        [0x14] = "Insufficient privilege level",
        [0x15] = "Command or parameter not supported in present state",
        [0x16] = "Command sub-function disabled or unavailable",
    };

    if (code == 0x00)
        return "Command Completed Normally";
    if (code < 0x7f)
        return "OEM code";
    if (code >= 0x80 && code < 0xbf) {
        if (command != NULL && command->ccodes != NULL)
            for (const struct ipmi_ccode *c = command->ccodes; c->name != NULL; c++)
                if (c->code == code)
                    return c->name;
        return "Command-specific code";
    }
    if (code >= 0xc0 && code - 0xc0U < COUNT(generic))
        return generic[code - 0xc0];
    return code == 0xff ? "Unspecified error" : "Reserved";
}
