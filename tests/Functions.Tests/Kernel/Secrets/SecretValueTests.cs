using System.Text;
using System.Text.Json;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.Tests.Kernel.Secrets;

public sealed class SecretValueTests
{
    private const string Key = "sk-ant-very-secret";

    [Fact]
    public void Printed_formatted_or_serialised_it_shows_length_and_digest()
    {
        var value = SecretValue.FromText(Key);
        var expected = $"secret({Key.Length} bytes, sha256 {value.Digest})";
        Assert.Equal(expected, value.ToString());
        Assert.Equal(expected, $"{value}");
        Assert.Equal(expected, string.Format("{0}", value));
        Assert.Equal($"\"{expected}\"", JsonSerializer.Serialize(value));
        Assert.Equal(16, value.Digest.Length);
    }

    [Fact]
    public void Inside_other_objects_it_shows_no_more()
    {
        var secret = new SecretObject { Data = new Dictionary<string, SecretValue>(StringComparer.Ordinal) { ["apiKey"] = SecretValue.FromText(Key) } };
        foreach (var text in new[] { secret.ToString(), JsonSerializer.Serialize(secret), JsonSerializer.Serialize(secret, SecretJson.Default.SecretObject) })
        {
            Assert.DoesNotContain(Key, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Key)), text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"data":{"apiKey":"c2stYW50LXZlcnktc2VjcmV0!"}}""")]
    [InlineData("""{"data":{"apiKey":["c2stYW50LXZlcnktc2VjcmV0"]}}""")]
    [InlineData("""{"data":{"apiKey":"c2stYW50LXZlcnktc2VjcmV0""")]
    public void An_unreadable_Secret_is_an_error_that_does_not_quote_it(string json)
    {
        var failure = Assert.ThrowsAny<Exception>(() => JsonSerializer.Deserialize(json, SecretJson.Default.SecretObject));
        Assert.DoesNotContain("c2stYW50", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-ant", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_without_a_value_is_empty()
    {
        var secret = JsonSerializer.Deserialize("""{"data":{"none":null,"empty":""}}""", SecretJson.Default.SecretObject)!;
        Assert.Equal([0, 0], secret.Data!.Values.Select(v => v.Length));
    }

    [Fact]
    public void Equal_bytes_are_equal()
    {
        Assert.Equal(SecretValue.FromText(Key), SecretValue.FromText(Key));
        Assert.Equal(SecretValue.FromText(Key).GetHashCode(), SecretValue.FromText(Key).GetHashCode());
        Assert.NotEqual(SecretValue.FromText(Key), SecretValue.FromText(Key + "\n"));
        Assert.False(SecretValue.FromText(Key).Equals(null));
    }
}
