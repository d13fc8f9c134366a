using AgentWarden.Platform.Hosting;
using Azure;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge.Sinks.EventGrid;

/// <summary>A topic's key from a mounted file, taken anew when somebody rotates it.</summary>
internal sealed class TopicKeyFile
{
    private readonly KeyFile _file;

    /// <exception cref="HostingException">The file cannot be read or is empty.</exception>
    public TopicKeyFile(string path, TimeProvider clock, ILogger log)
    {
        _file = new(path, EventGridSettings.KeyFileSetting, "an access key of the topic", clock, log);
        Credential = new(_file.Key);
    }

    public AzureKeyCredential Credential { get; }

    /// <inheritdoc cref="KeyFile.Refresh"/>
    public void Refresh(bool refused = false)
    {
        if (_file.Refresh(refused))
        {
            Credential.Update(_file.Key);
        }
    }
}
