"""Pieces of the language that each target of the fuzzer reads; blanks part them."""

CALL_ID = b"0a3c52f4-6f57-4d68-9b47-0d24ae2a9c11"
ENDS = (b"\n", b"\n\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\xff")
PIECES = {
    "agi_bytes": rb"200_result= 200_result=1_( ) 511_Dead 520- 520_End HANGUP -1 (timeout) 100",
    "ami_bytes": rb"Event:_ Response:_ Success Error Shutdown FullyBooted Event:_CoreShowChannel "
    rb"CoreShowChannelsComplete ActionID:_@ID@ EventList:_start "
    rb"Event:_DialEnd DialStatus:_ANSWER DestAccountCode:_ Uptime:_ Follows Hangup",
    "cel_lines": rb'" , "" "," ANSWER HANGUP AppDial 1795821462.394951 {""hangupcause"":16} [ {',
    "dialplan_values": rb", - : inline handler spool ANSWER UDP TLS [::1]:5060 ${} \\ ; & 1795821462394 +1",
    "keys_pressed": rb"# * <NUMBER> <PIN> 44 911 1 2 3 4 5 0 00 A hang_up 12345678901234 anonymous +1555",
    "spoken_values": rb"en es USD EUR JPY KWD XXX 0 1 -1 21 100 1000 999999 1000000 999999999 1000000000 "
    rb"9223372036854775807 2005-01-31 2027-12-01 0001-01-01 9999-12-31 123",
}


def words_of(target: str) -> list[bytes]:
    words = [piece.replace(b"_", b" ") for piece in PIECES[target].split()]
    return [*words, *ENDS, CALL_ID]
