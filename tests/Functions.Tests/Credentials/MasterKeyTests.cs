using System.Text;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.Tests.Credentials;

public sealed class MasterKeyTests
{
    private static readonly LLMProvider Provider = new() { Metadata = new() { Name = "p" }, Spec = new() { Auth = new() { Type = "apiKey", ApiKey = new() { SecretRef = new() { Name = "m", Namespace = "n", Key = "k" } } } } };

    [Theory]
    [InlineData("sk-1", "sk-1")]
    [InlineData("sk-1\n", "sk-1")]
    [InlineData("sk-1\r\n\r\n", "sk-1")]
    [InlineData(" sk-1 ", " sk-1 ")]
    [InlineData("schlüssel-🔑", "schlüssel-🔑")]
    public void What_is_handed_out(string value, string credential)
    {
        var master = Of(Encoding.UTF8.GetBytes(value));
        Assert.Equal(SecretValue.FromText(credential), master.Credential);
        Assert.Null(master.Check(Provider));
    }

    [Theory]
    [InlineData(new byte[0], MasterKey.KeyEmpty)]
    [InlineData(new byte[] { 10 }, MasterKey.KeyEmpty)]
    [InlineData(new byte[] { 13, 10, 10 }, MasterKey.KeyEmpty)]
    [InlineData(new byte[] { 65, 0, 66 }, MasterKey.KeyNotText)]
    [InlineData(new byte[] { 65, 10, 66 }, MasterKey.KeyNotText)]
    [InlineData(new byte[] { 65, 9, 66 }, MasterKey.KeyNotText)]
    [InlineData(new byte[] { 65, 127 }, MasterKey.KeyNotText)]
    [InlineData(new byte[] { 0xff, 0xfe, 65 }, MasterKey.KeyNotText)]
    [InlineData(new byte[] { 65, 0xc3 }, MasterKey.KeyNotText)]
    public void What_is_not(byte[] value, string reason) => Assert.Equal(reason, Of(value).Check(Provider)?.Reason);

    [Fact]
    public void A_finding_says_where_it_looked_and_never_what_it_saw()
    {
        var message = Of([.. "sk-secret"u8, 0]).Check(Provider)!.Message;
        Assert.Contains("Secret n/m", message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_secret_and_missing_key_are_told_apart()
    {
        Assert.Equal(MasterKey.SecretNotFound, new MasterKey().Check(Provider)?.Reason);
        Assert.Equal(MasterKey.KeyNotFound, new MasterKey { SecretExists = true }.Check(Provider)?.Reason);
        Assert.Null(new MasterKey().Check(new()));
    }

    private static MasterKey Of(byte[] value) => new() { SecretExists = true, Keys = ["k"], Value = new(value) };
}
