namespace AgentWarden.Platform.Composition.Installing;

/// <summary>Something cannot be installed as it is. The message is for a person: it says what, where and what to do.</summary>
internal sealed class InstallException : Exception
{
    public InstallException()
    {
    }

    public InstallException(string message) : base(message)
    {
    }

    public InstallException(string message, Exception? inner) : base(message, inner)
    {
    }
}
