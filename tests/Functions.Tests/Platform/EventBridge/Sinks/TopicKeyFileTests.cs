using AgentWarden.Platform.EventBridge.Sinks.EventGrid;
using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.EventBridge.Sinks;

public sealed class TopicKeyFileTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("warden-key").FullName, "key");
    private readonly ManualTime _time = new();

    [Fact]
    public void A_rotated_key_is_taken_within_seconds_and_not_looked_for_at_every_request()
    {
        var file = Open("first\n");
        File.WriteAllText(_file, "second\n");
        file.Refresh();
        Assert.Equal("first", file.Credential.Key);
        _time.Advance(TimeSpan.FromSeconds(5));
        file.Refresh();
        Assert.Equal("second", file.Credential.Key);
    }

    [Fact]
    public void A_file_that_is_gone_or_empty_for_a_moment_leaves_the_key_in_use()
    {
        var file = Open("first");
        File.WriteAllText(_file, "");
        file.Refresh(refused: true);
        File.Delete(_file);
        file.Refresh(refused: true);
        Assert.Equal("first", file.Credential.Key);
    }

    [Fact]
    public void An_empty_file_is_a_mistake_in_its_setting()
    {
        var mistake = Assert.Throws<HostingException>(() => Open(" \n"));
        Assert.Contains(EventGridSettings.KeyFileSetting, mistake.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    private TopicKeyFile Open(string content)
    {
        File.WriteAllText(_file, content);
        return new(_file, _time, NullLogger.Instance);
    }
}
