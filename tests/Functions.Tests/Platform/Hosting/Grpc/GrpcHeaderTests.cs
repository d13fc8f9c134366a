using AgentWarden.Platform.Hosting.Grpc;

namespace AgentWarden.Tests.Platform.Hosting.Grpc;

public sealed class GrpcHeaderTests
{
    [Theory]
    [InlineData("1H", "01:00:00")]
    [InlineData("90M", "01:30:00")]
    [InlineData("99999S", "1.03:46:39")]
    [InlineData("250m", "00:00:00.2500000")]
    [InlineData("00000001u", "00:00:00.0000010")]
    [InlineData("150n", "00:00:00.0000002")]
    [InlineData("1n", "00:00:00.0000001")]
    [InlineData("0S", "00:00:00")]
    public void A_timeout_is_a_number_and_a_unit(string header, string expected) => Assert.Equal(TimeSpan.Parse(expected, null), GrpcTimeout.Parse(header));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("99999999H")]
    public void None_or_one_of_thousands_of_years_is_no_limit(string? header) => Assert.Null(GrpcTimeout.Parse(header));

    [Theory]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("1 S")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1.5S")]
    [InlineData("123456789n")]
    [InlineData("1S,2S")]
    public void A_malformed_timeout_is_INTERNAL(string header) => Assert.Equal(GrpcStatus.Internal, Assert.Throws<GrpcException>(() => GrpcTimeout.Parse(header)).Status);

    [Fact]
    public void Every_timeout_of_the_grammar_can_be_set_on_a_timer()
    {
        using var source = new CancellationTokenSource();
        foreach (var unit in "HMSmun")
        {
            foreach (var amount in new[] { 1, 1193, 71582, 4294967, 99999999 })
            {
                if (GrpcTimeout.Parse($"{amount}{unit}") is { } timeout)
                {
                    source.CancelAfter(timeout);
                    source.CancelAfter(Timeout.InfiniteTimeSpan);
                }
            }
        }
    }

    [Theory]
    [InlineData("plain text, with \"quotes\" ~", "plain text, with \"quotes\" ~")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("Gefäß", "Gef%C3%A4%C3%9F")]
    [InlineData("🔑", "%F0%9F%94%91")]
    public void A_message_is_percent_encoded(string text, string encoded) => Assert.Equal(encoded, GrpcText.Encode(text));

    [Fact]
    public void Half_a_character_is_replaced() => Assert.Equal("a%EF%BF%BDb", GrpcText.Encode("a\ud83db"));

    [Fact]
    public void A_long_message_is_cut_between_characters()
    {
        Assert.Equal(new string('a', 4000), GrpcText.Encode(new string('a', 4000)));
        foreach (var lead in Enumerable.Range(0, 12))
        {
            var encoded = GrpcText.Encode(new string('a', lead) + string.Concat(Enumerable.Repeat("🔑", 2000)));
            Assert.InRange(encoded.Length, GrpcText.MaxLength - 15, GrpcText.MaxLength);
            Assert.EndsWith("🔑...", Uri.UnescapeDataString(encoded), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("POST", "application/grpc", null)]
    [InlineData("POST", "application/grpc+proto", null)]
    [InlineData("POST", "Application/gRPC+Proto; charset=utf-8", null)]
    [InlineData("POST", "application/grpc+json", 415)]
    [InlineData("POST", "application/grpc-web", 415)]
    [InlineData("POST", "application/json", 415)]
    [InlineData("POST", null, 415)]
    [InlineData("GET", "application/grpc", 405)]
    public void What_is_no_gRPC_is_refused_in_HTTP(string method, string? contentType, int? status) => Assert.Equal(status, GrpcRequest.Refusal(method, contentType));
}
